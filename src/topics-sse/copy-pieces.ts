import type { RetainedLog } from '../shared/topics/retained-log.ts';
import { streamLimits } from './limits.ts';
import { MessageBatch } from './message-batch.ts';
import type { TopicMessage } from './topic-message.ts';

/**
 * The pieces of a topic's copy that members are given who are behind. Pieces end at round numbers, so that members
 * who are behind at different places soon get the same ones, which are encoded once.
 */
export class CopyPieces {
  /** Pieces that were given lately, by the number before each. */
  readonly #kept = new Map<number, MessageBatch>();

  /** The messages after a number that one piece takes; at least one, all of which the log must have. */
  after(sequence: number, log: RetainedLog<TopicMessage>): MessageBatch {
    const known = this.#kept.get(sequence);
    if (known !== undefined) return known;
    const { pieceBytes, pieceMessages, piecesKept } = streamLimits;
    const end = Math.min(Math.floor(sequence / pieceMessages + 1) * pieceMessages, log.lastSequence);
    const messages: TopicMessage[] = [];
    let bytes = 0;
    for (let next = sequence + 1; next <= end && bytes < pieceBytes; next++) {
      const message = log.at(next);
      bytes += message.length;
      messages.push(message);
    }
    const batch = new MessageBatch(messages);
    // One that ends with the newest message may be longer the next time.
    if (batch.lastSequence < log.lastSequence) {
      if (this.#kept.size === piecesKept) this.#kept.delete(this.#kept.keys().next().value!);
      this.#kept.set(sequence, batch);
    }
    return batch;
  }

  clear(): void {
    this.#kept.clear();
  }
}
