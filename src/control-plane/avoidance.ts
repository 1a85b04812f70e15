/** Slots that are not to be given to a node for a while, because it did not work there. */
import { controlPlaneLimits } from './limits.ts';

export class Avoidance {
  /** By slot and node id: until when, in monotonic ms. In the order of their addition. */
  readonly #untilMs = new Map<string, number>();
  #version = 0;

  /** Grows whenever something else is avoided than before. */
  get version(): number {
    return this.#version;
  }

  add(slot: number, id: string, untilMs: number): void {
    const key = `${slot} ${id}`;
    this.#untilMs.delete(key);
    if (this.#untilMs.size >= controlPlaneLimits.avoidedMax) {
      for (const oldest of this.#untilMs.keys()) {
        this.#untilMs.delete(oldest);
        break;
      }
    }
    this.#untilMs.set(key, untilMs);
    this.#version++;
  }

  has(slot: number, id: string): boolean {
    return this.#untilMs.size > 0 && this.#untilMs.has(`${slot} ${id}`);
  }

  /** Forgets what is over. */
  prune(nowMs: number): void {
    for (const [key, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) continue;
      this.#untilMs.delete(key);
      this.#version++;
    }
  }

  clear(): void {
    this.#untilMs.clear();
    this.#version++;
  }
}
