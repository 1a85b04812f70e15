/**
 * How long values last that go by themselves: by expiry, or because a node needed the memory (eviction). A history
 * does not show it; whoever runs the nodes notes it here.
 */

/** Of one value of one key, in ms of the history's clock. */
export interface Lifetime {
  /** From then on some node may not have it any more; Infinity: all keep it. */
  readonly missingFromMs: number;
  /** After that no node has it any more. */
  readonly goneAfterMs: number;
}

export interface Lifetimes {
  of(key: string, value: string): Lifetime;
  /** Whether any value of the key may go by itself. */
  mayGo(key: string): boolean;
}

const endless: Lifetime = { missingFromMs: Number.POSITIVE_INFINITY, goneAfterMs: Number.POSITIVE_INFINITY };

export const noLifetimes: Lifetimes = { of: () => endless, mayGo: () => false };

/** Lifetimes as they are noted; values of which nothing is noted last. */
export class NotedLifetimes implements Lifetimes {
  readonly #noted = new Map<string, Lifetime>();
  readonly #going = new Set<string>();

  of(key: string, value: string): Lifetime {
    return this.#noted.get(`${key} ${value}`) ?? endless;
  }

  mayGo(key: string): boolean {
    return this.#going.has(key);
  }

  /** Some node may not have the value from this moment on. */
  mayBeMissing(key: string, value: string, fromMs: number): void {
    const { missingFromMs, goneAfterMs } = this.of(key, value);
    if (fromMs === Number.POSITIVE_INFINITY || fromMs >= missingFromMs) return;
    this.#going.add(key);
    this.#noted.set(`${key} ${value}`, { missingFromMs: fromMs, goneAfterMs });
  }

  /**
   * Some node may have the value until this moment. To be said of a value with an end before anything else is noted of
   * it; where a value is written more than once, the latest end counts.
   */
  mayLast(key: string, value: string, untilMs: number): void {
    const noted = this.#noted.get(`${key} ${value}`);
    if (noted === undefined) this.#noted.set(`${key} ${value}`, { ...endless, goneAfterMs: untilMs });
    else if (untilMs > noted.goneAfterMs) this.#noted.set(`${key} ${value}`, { ...noted, goneAfterMs: untilMs });
  }
}
