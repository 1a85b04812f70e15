/** The events of a stream beside messages, as text. */
import { encodeComment, encodeEvent, encodeRetry } from './event-stream.ts';
import type { Discontinuity } from './topic-member.ts';

/** Why a stream ends although it might go on: the reader is to connect again and goes on where it was. */
export type GoawayReason = 'drain' | 'max_age' | 'overloaded' | 'unavailable';
/** Why a stream may not go on. */
export type EndReason = 'token_expired' | 'token_revoked' | 'cache_deleted' | 'too_many_topics';

/** The first bytes of every stream: how long to wait before connecting again, in ms, and something to see. */
export function openingText(retryMs: number): string {
  return encodeRetry(retryMs) + encodeComment('connected');
}

export function checkpointEvent(id: string, position: object): string {
  return encodeEvent({ event: 'checkpoint', id, data: JSON.stringify(position) });
}

/** Named as in Momento's long poll, with the topic when a stream has several. */
export function discontinuityEvent(id: string, { last, next, page }: Discontinuity, topic: string | null): string {
  const data = {
    ...(topic === null ? {} : { topic }),
    last_topic_sequence: last,
    new_topic_sequence: next,
    new_sequence_page: page,
  };
  return encodeEvent({ event: 'discontinuity', id, data: JSON.stringify(data) });
}

export function goawayEvent(id: string | undefined, reason: GoawayReason): string {
  return encodeEvent({ event: 'goaway', ...(id === undefined ? {} : { id }), data: JSON.stringify({ reason }) });
}

export function endEvent(id: string | undefined, reason: EndReason): string {
  return encodeEvent({ event: 'end', ...(id === undefined ? {} : { id }), data: JSON.stringify({ reason }) });
}

export const heartbeatText = encodeComment('heartbeat');
