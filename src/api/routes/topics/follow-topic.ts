import { z } from 'zod';
import { GodwitError } from '../../../shared/errors.ts';
import { retryAfterSeconds } from '../../../shared/limits.ts';
import type { CacheHandle } from '../../../shared/operation.ts';
import { streamLimits } from '../../../topics-sse/limits.ts';
import { LongPoll, type PollItem } from '../../../topics-sse/long-poll.ts';
import { jsonReply, type Reply } from '../../http/exchange.ts';
import { type Arguments, readArguments } from '../arguments.ts';
import { cacheInPath } from '../parameters.ts';
import type { Route, RouteCall } from '../route.ts';
import { nextPositionHeaders, openStream, streamRepresentation, streamResponseHeaders } from './open-stream.ts';
import {
  sequenceNumber,
  sequencePage,
  startOf,
  streamParameters,
  waitParameter,
  wantsEvents,
} from './stream-parameters.ts';
import { topicInPath, topicOf } from './topic.ts';

const number = z.int().min(0);
const itemSchema = z.strictObject({
  item: z.strictObject({
    topic_sequence_number: number,
    sequence_page: number,
    value: z.union([z.strictObject({ text: z.string() }), z.strictObject({ binary: z.string() })]),
    published_at: z.iso.datetime(),
    token_id: z.string().optional(),
  }),
});
const discontinuitySchema = z.strictObject({
  discontinuity: z.strictObject({
    last_topic_sequence: number,
    new_topic_sequence: number.meta({ description: 'The number of the next message.' }),
    new_sequence_page: number,
  }),
});
const answerSchema = z
  .strictObject({ items: z.array(z.union([itemSchema, discontinuitySchema])) })
  .meta({ id: 'TopicItems' });

const parameters = [
  cacheInPath,
  topicInPath,
  ...streamParameters,
  sequenceNumber,
  sequencePage,
  waitParameter,
] as const;

export const followTopic: Route = {
  method: 'GET',
  path: '/topics/{cache}/{topic}',
  operationId: 'followTopic',
  tag: 'Topics',
  summary: 'Follow a topic',
  description:
    'With `Accept: text/event-stream` a stream of Server-Sent Events, for `EventSource` and everything like it: each message as it is published, in order, with an id to resume after. Gaps are announced in the stream by `discontinuity` events, ends by `goaway` (connect again) or `end` (the token or the cache is gone). Otherwise a long poll: what there is after the position asked for, or, after a wait, an empty list.',
  access: 'token',
  parameters,
  responses: {
    200: {
      description: 'A stream of events, or what a poll found.',
      body: { contentTypes: ['application/json'], schema: answerSchema },
      alternatives: [streamRepresentation],
      headers: [...streamResponseHeaders, 'Godwit-Next-Sequence-Number', 'Godwit-Sequence-Page'],
    },
  },
  problems: ['cache_not_found'],
  handle: async (call) => {
    const { exchange, gateway } = call;
    const values = readArguments(parameters, exchange);
    const { cache } = await topicOf(call, 'subscribe');
    const start = startOf(values);
    const events = wantsEvents(exchange.header('accept'));
    const { hub } = gateway.parts;
    const topic = call.path['topic']!;
    if (!events) return exchange.method === 'HEAD' ? jsonReply(200, { items: [] }) : poll(call, values, cache);
    return openStream(call, { cache, values, formatAbsent: 'plain', positions: null }, (stream) => {
      const channel = hub.channel(cache, topic);
      if (channel === null) return stream.goAway('overloaded');
      stream.follow(channel, start);
      stream.complete();
    });
  },
};

async function poll(call: RouteCall, values: Arguments, cache: CacheHandle): Promise<Reply> {
  const { streams, clock, hub } = call.gateway.parts;
  const channel = streams.admits() ? hub.channel(cache, call.path['topic']!) : null;
  if (channel === null)
    throw new GodwitError('overloaded', 'The gateway follows as many topics as it may; nothing was missed.', {
      headers: { 'retry-after': String(retryAfterSeconds) },
    });
  const waitSeconds = (values['wait_seconds'] as number | undefined) ?? streamLimits.waitSecondsDefault;
  const options = { start: startOf(values), waitMs: waitSeconds * 1_000, token: call.session };
  const answer = await LongPoll.run(streams, channel, options, clock.monotonicMs(), (left) =>
    call.exchange.onAbort(left),
  );
  const { items, position, sent } = answer;
  return { ...jsonReply(200, { items: items.map(describe) }, nextPositionHeaders(position)), sent };
}

/** An item in Momento's form, with what that leaves out: bytes, time and publisher. */
function describe(item: PollItem): object {
  if ('next' in item)
    return {
      discontinuity: {
        last_topic_sequence: item.last,
        new_topic_sequence: item.next,
        new_sequence_page: item.page,
      },
    };
  return {
    item: {
      topic_sequence_number: item.sequence,
      sequence_page: item.page,
      value: item.text === null ? { binary: item.base64() } : { text: item.text },
      published_at: new Date(item.publishedMs).toISOString(),
      ...(item.tokenId === '' ? {} : { token_id: item.tokenId }),
    },
  };
}
