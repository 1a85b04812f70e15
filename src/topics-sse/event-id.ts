/**
 * The position of a message in a topic: sequence page and sequence number. Its text, `page-sequence`, is the
 * `id` of a Server-Sent Event: ASCII, because a client sends it back as `Last-Event-ID` byte by byte.
 */
export interface TopicPosition {
  /** Instance of the topic's log; grows when the log was lost and restarted. Below 2^53. */
  readonly page: number;
  /** Number of the message in its page, from 1. Below 2^53; 0 stands for "before the first". */
  readonly sequence: number;
}

const pattern = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/;

export function formatEventId({ page, sequence }: TopicPosition): string {
  return `${page}-${sequence}`;
}

/** The position that an event id names; undefined for text that no server of this kind gave out. */
export function parseEventId(text: string): TopicPosition | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const page = Number(found[1]);
  const sequence = Number(found[2]);
  return Number.isSafeInteger(page) && Number.isSafeInteger(sequence) ? { page, sequence } : undefined;
}
