/** The scores of rendezvous hashing, kept for each node: 32 KiB, so that a round of planning computes none. */
import { slotCount } from '../shared/slots.ts';
import { nodeScores } from './placement.ts';

export class ScoreTable {
  #byId = new Map<string, Float64Array>();

  /** Scores of one node for each slot, at weight 1. */
  of(id: string): Float64Array {
    let scores = this.#byId.get(id);
    if (!scores) {
      scores = nodeScores(id, slotCount);
      this.#byId.set(id, scores);
    }
    return scores;
  }

  /** Computes the scores of some of these nodes that have none yet; whether all have them now. */
  prepare(ids: readonly string[], nodesMax: number): boolean {
    const missing = ids.filter((id) => !this.#byId.has(id));
    for (const id of missing.slice(0, nodesMax)) this.of(id);
    return missing.length <= nodesMax;
  }

  /** Forgets the scores of all other nodes. */
  keepOnly(ids: Iterable<string>): void {
    const kept = new Map<string, Float64Array>();
    for (const id of ids) {
      const scores = this.#byId.get(id);
      if (scores) kept.set(id, scores);
    }
    this.#byId = kept;
  }
}
