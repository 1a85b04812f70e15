import { hopLimits } from '../shared/limits.ts';
import type { NodeLane } from './node-lane.ts';
import type { PendingOperation } from './pending-operation.ts';

/**
 * The writes on their way to one node. A frame is answered when all of its writes are committed. All in one lane make
 * the fullest frames; but a copy that hangs would hold up the writes of slots that it has nothing to do with. So as soon
 * as a frame has waited for long, further writes take lanes of their own, by where their other copies are, and so does
 * what waits to be sent.
 */
export class WriteLanes {
  readonly #together: NodeLane;
  readonly #apart: readonly NodeLane[];
  readonly #copySet: (slot: number) => number;
  #isHeldUp = false;

  /** `copySet` gives the same number for slots with the same other copies. */
  constructor(makeLane: () => NodeLane, copySet: (slot: number) => number) {
    this.#together = makeLane();
    this.#apart = Array.from({ length: hopLimits.writeLanesApart }, makeLane);
    this.#copySet = copySet;
  }

  get all(): readonly NodeLane[] {
    return [this.#together, ...this.#apart];
  }

  /** The lane that a write takes now. */
  laneOf({ slot }: PendingOperation): NodeLane {
    if (!this.#isHeldUp) return this.#together;
    return this.#apart[this.#copySet(slot) % this.#apart.length]!;
  }

  /** Looks how long frames have waited; returns what has to be sent another way. To be called as time passes. */
  look(nowMs: number): readonly PendingOperation[] {
    const isHeldUp = this.#together.oldestFrameMs(nowMs) > hopLimits.writesTogetherMsMax;
    const begins = isHeldUp && !this.#isHeldUp;
    this.#isHeldUp = isHeldUp;
    return begins ? this.#together.takeWaiting(() => true) : [];
  }
}
