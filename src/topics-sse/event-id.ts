import type { TopicPosition } from '../shared/topics/position.ts';

const pattern = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/;

/**
 * A position as the `id` of a Server-Sent Event: `page-sequence`, ASCII, because a client sends it back as
 * `Last-Event-ID` byte by byte.
 */
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
