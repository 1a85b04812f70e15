import type { TopicPosition } from '../../../src/shared/topics/position.ts';

/** The model and what was seen do not agree. */
export class ModelFailure extends Error {}

export function fail(message: string): never {
  throw new ModelFailure(message);
}

export interface PublishedMessage extends TopicPosition {
  /** What was published, when that was text. */
  readonly text: string | null;
  readonly value: Uint8Array;
  readonly atMs: number;
}

interface Page {
  readonly page: number;
  /** Message n is at n - 1. */
  readonly messages: PublishedMessage[];
}

/** The naive model of a topic: every message that was acknowledged, for ever, by page and number. */
export class Published {
  readonly #topics = new Map<string, Page[]>();
  count = 0;

  /** Takes what was acknowledged. Pages only grow, and the numbers of each go up from 1 by one. */
  add(topic: string, message: PublishedMessage): void {
    let pages = this.#topics.get(topic);
    if (pages === undefined) {
      pages = [];
      this.#topics.set(topic, pages);
    }
    const { page, sequence } = message;
    let last = pages.at(-1);
    if (last !== undefined && page < last.page) fail(`${topic}: published under page ${page} after ${last.page}`);
    if (last === undefined || page > last.page) {
      last = { page, messages: [] };
      pages.push(last);
    }
    if (sequence !== last.messages.length + 1)
      fail(`${topic}: published as ${page}-${sequence}, after ${page}-${last.messages.length}`);
    last.messages.push(message);
    this.count++;
  }

  find(topic: string, { page, sequence }: TopicPosition): PublishedMessage | undefined {
    return this.#topics.get(topic)?.find((one) => one.page === page)?.messages[sequence - 1];
  }

  /** Whether a topic had messages under an earlier page. */
  hasBefore(topic: string, page: number): boolean {
    return this.#topics.get(topic)?.some((one) => one.page < page) ?? false;
  }

  /** The newest message of a topic; null before the first. */
  head(topic: string): TopicPosition | null {
    const last = this.#topics.get(topic)?.at(-1);
    return last === undefined ? null : { page: last.page, sequence: last.messages.length };
  }
}
