import type { Choices } from '../../api/fuzz/random.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetProcess } from '../fleet/fleet-process.ts';

export interface FaultContext {
  readonly fleet: Fleet;
  readonly choices: Choices;
  /** Storage nodes that it may choose from; the others may suffer from another one. */
  readonly victims: readonly FleetProcess[];
}

/** What a fault did. One without effect proves nothing, and fails the run. */
export interface FaultOutcome {
  /** Who suffered it. */
  readonly target: string;
  /** Why it had no effect; undefined when it had. */
  readonly ineffective?: string;
  /** Figures of this kind of fault, in ms or counts. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** One way to make a fleet suffer: begins, lasts and ends within `run`. */
export interface Fault {
  readonly kind: string;
  /** Why it cannot be made to this fleet; undefined when it can. */
  readonly missing?: (fleet: Fleet) => string | undefined;
  /** Nothing dies in it without having been told before: no request may fail, nothing may be lost. */
  readonly planned?: true;
  readonly run: (context: FaultContext) => Promise<FaultOutcome>;
}

/** A duration between two, in ms. */
export function between(choices: Choices, leastMs: number, mostMs: number): number {
  return leastMs + (mostMs - leastMs) * choices.next();
}
