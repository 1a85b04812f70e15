import { formatEventId } from './event-id.ts';
import { StreamPiece } from './event-outlet.ts';
import type { EventFormat, TopicMessage } from './topic-message.ts';

/** Messages of one topic and page that follow each other, as they go to readers together; at least one. */
export class MessageBatch {
  readonly messages: readonly TopicMessage[];
  readonly #pieces: Record<EventFormat, StreamPiece | null> = { plain: null, json: null };

  constructor(messages: readonly TopicMessage[]) {
    this.messages = messages;
  }

  get firstSequence(): number {
    return this.messages[0]!.sequence;
  }

  get lastSequence(): number {
    return this.messages[this.messages.length - 1]!.sequence;
  }

  /** Their events for streams of one topic: encoded once, however many there are. */
  piece(format: EventFormat): StreamPiece {
    let piece = this.#pieces[format];
    if (piece === null) {
      let text = '';
      for (const message of this.messages) text += `id: ${formatEventId(message)}\n${message.event(format, null)}`;
      piece = StreamPiece.of(text);
      this.#pieces[format] = piece;
    }
    return piece;
  }
}
