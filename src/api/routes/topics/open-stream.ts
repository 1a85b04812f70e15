import type { CacheHandle } from '../../../shared/operation.ts';
import type { TopicPosition } from '../../../shared/topics/position.ts';
import { type EventOutlet, StreamPiece } from '../../../topics-sse/event-outlet.ts';
import { eventStreamContentType } from '../../../topics-sse/event-stream.ts';
import { streamLimits } from '../../../topics-sse/limits.ts';
import type { SeveralPositions } from '../../../topics-sse/several-positions.ts';
import { goawayEvent, openingText } from '../../../topics-sse/stream-events.ts';
import type { EventFormat } from '../../../topics-sse/topic-message.ts';
import { TopicStream } from '../../../topics-sse/topic-stream.ts';
import type { HeaderList, Reply } from '../../http/exchange.ts';
import type { Arguments } from '../arguments.ts';
import type { ResponseShape, RouteCall } from '../route.ts';
import { formatOf } from './stream-parameters.ts';

/** `X-Accel-Buffering` keeps nginx from holding the stream back. */
const streamHeaders: HeaderList = [
  ...['content-type', eventStreamContentType],
  ...['cache-control', 'no-store'],
  ...['x-accel-buffering', 'no'],
];

/** The representation and headers of a stream, for contracts. */
export const streamRepresentation = { contentTypes: [eventStreamContentType], schema: 'text' } as const;
export const streamResponseHeaders: NonNullable<ResponseShape['headers']> = ['Cache-Control', 'X-Accel-Buffering'];

interface StreamShape {
  readonly cache: CacheHandle;
  readonly values: Arguments;
  readonly formatAbsent: EventFormat;
  readonly positions: SeveralPositions | null;
}

/**
 * Answers a call with a stream, whose topics `follow` names. When the gateway has as many streams as it may, the
 * answer is a stream all the same, which says so and ends: an `EventSource` would take any other for the end of all.
 */
export function openStream(call: RouteCall, shape: StreamShape, follow: (stream: TopicStream) => void): Reply {
  const { streams, clock } = call.gateway.parts;
  const { values, positions, cache } = shape;
  const { topicSpace } = cache;
  const heartbeatSeconds = (values['heartbeat_seconds'] as number | undefined) ?? streamLimits.heartbeatSecondsDefault;
  const options = {
    format: formatOf(values, shape.formatAbsent),
    checkpoints: values['checkpoints'] === true,
    heartbeatMs: heartbeatSeconds * 1_000,
    token: call.session,
    positions,
  };
  return {
    status: 200,
    headers: [...streamHeaders],
    body: null,
    stream: (outlet) => {
      if (!streams.admits()) return turnAway(outlet, streams.retryMs());
      const stream = new TopicStream(streams, outlet, options, clock.monotonicMs());
      // Between the answer and its turn on the connection time may have passed.
      stream.checkToken();
      if (cache.topicSpace !== topicSpace) stream.onEnd();
      follow(stream);
    },
  };
}

/** Tells a client to come again. */
function turnAway(outlet: EventOutlet, retryMs: number): void {
  outlet.write(StreamPiece.of(openingText(retryMs) + goawayEvent(undefined, 'overloaded')));
  outlet.end();
}

/** The headers that tell where a topic is: what to ask for next. */
export function nextPositionHeaders({ page, sequence }: TopicPosition): HeaderList {
  return ['godwit-next-sequence-number', String(sequence + 1), 'godwit-sequence-page', String(page)];
}
