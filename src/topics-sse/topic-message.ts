import type { TopicMessageFrame } from '../shared/topics/message-frame.ts';
import { encodeData } from './event-stream.ts';

/** How the messages of a stream are written: their text as it is, or an envelope in JSON that tells more. */
export type EventFormat = 'plain' | 'json';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A message as a gateway keeps it. What it looks like in a stream is worked out once, however many read it. */
export class TopicMessage {
  readonly page: number;
  readonly sequence: number;
  /** Wall time of publishing, in ms. */
  readonly publishedMs: number;
  /** The publisher's name for itself; '' when it has none. */
  readonly tokenId: string;
  /** The text, when the publisher sent text. */
  readonly text: string | null;
  /** The bytes, when the publisher sent bytes. */
  readonly bytes: Uint8Array | null;
  /** Bytes of the value. */
  readonly length: number;
  #plain: string | null = null;
  #json: string | null = null;
  #jsonOfTopic: string | null = null;

  /** Copies what it needs of the frame. */
  constructor({ page, sequence, publishedMs, tokenId, text, value }: TopicMessageFrame) {
    this.page = page;
    this.sequence = sequence;
    this.publishedMs = publishedMs;
    this.tokenId = tokenId;
    this.text = text ? decoder.decode(value) : null;
    // Not `slice`: what comes from a socket is a Buffer, whose `slice` is a view of all that came with it.
    this.bytes = text ? null : new Uint8Array(value);
    this.length = value.length;
  }

  /**
   * The message's event without its id: event type and data. With a topic the envelope names it.
   *
   * A data line can carry no CR: a text that has one goes as bytes (HTML Living Standard §9.2.6 ends lines at CR).
   */
  event(format: EventFormat, topic: string | null): string {
    if (format === 'plain') {
      this.#plain ??=
        this.text === null || this.text.includes('\r')
          ? `event: binary\ndata: ${this.base64()}\n\n`
          : `event: message\n${encodeData(this.text)}\n`;
      return this.#plain;
    }
    if (topic === null) {
      this.#json ??= `event: message\ndata: ${JSON.stringify(this.envelope())}\n\n`;
      return this.#json;
    }
    this.#jsonOfTopic ??= `event: message\ndata: ${JSON.stringify({ topic, ...this.envelope() })}\n\n`;
    return this.#jsonOfTopic;
  }

  /** What `format=json` tells of it. */
  envelope(): object {
    return {
      sequence_number: this.sequence,
      sequence_page: this.page,
      published_at: new Date(this.publishedMs).toISOString(),
      ...(this.tokenId === '' ? {} : { token_id: this.tokenId }),
      ...(this.text === null ? { base64: this.base64() } : { text: this.text }),
    };
  }

  base64(): string {
    return (this.bytes ?? new TextEncoder().encode(this.text!)).toBase64();
  }
}
