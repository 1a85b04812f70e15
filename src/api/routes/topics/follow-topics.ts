import { z } from 'zod';
import { invalidArgument } from '../../../shared/errors.ts';
import type { CacheHandle } from '../../../shared/operation.ts';
import { streamLimits } from '../../../topics-sse/limits.ts';
import { PrefixFollower, type Resumed } from '../../../topics-sse/prefix-follower.ts';
import { SeveralPositions, topicHash } from '../../../topics-sse/several-positions.ts';
import type { Start } from '../../../topics-sse/start.ts';
import type { TopicHub } from '../../../topics-sse/topic-hub.ts';
import type { TopicStream } from '../../../topics-sse/topic-stream.ts';
import { type Arguments, readArguments } from '../arguments.ts';
import type { Parameter, Route } from '../route.ts';
import { cacheName, cacheOf } from '../scalars/item.ts';
import { listTopics, listTopicsParameters, topicPageResponse } from './list-topics.ts';
import { openStream, streamRepresentation, streamResponseHeaders } from './open-stream.ts';
import { startPosition, streamParameters, wantsEvents } from './stream-parameters.ts';
import { deniedTopic, grantedTopicKey, topicPrefixKey } from './topic.ts';

const topicsParameter: Parameter = {
  name: 'topic',
  in: 'query',
  kind: 'list',
  schema: z.array(z.string()).max(streamLimits.topicsPerStreamMax),
  required: false,
  description: `A topic to follow; given once for each, at most ${streamLimits.topicsPerStreamMax} times. For streams only.`,
};

const parameters = [...listTopicsParameters, topicsParameter, ...streamParameters] as const;

export const followTopics: Route = {
  method: 'GET',
  path: '/topics/{cache}',
  operationId: 'followTopics',
  tag: 'Topics',
  summary: 'List topics, or follow several',
  description:
    'The topics of a cache that have been used lately, a page at a time. With `Accept: text/event-stream` one stream of several topics, those named by `topic` or all whose names begin with `topic_prefix`, present and to come; events are envelopes that name their topic, and their ids resume each of the topics.',
  access: 'token',
  parameters,
  responses: {
    200: {
      ...topicPageResponse,
      alternatives: [streamRepresentation],
      headers: [
        ...(topicPageResponse.headers ?? []),
        ...streamResponseHeaders.filter((name) => name !== 'Cache-Control'),
      ],
    },
  },
  problems: ['cache_not_found', 'deadline_exceeded'],
  handle: async (call) => {
    if (!wantsEvents(call.exchange.header('accept'))) return listTopics(call);
    const values = readArguments(parameters, call.exchange);
    const topics = [...new Set(values['topic'] as string[])];
    const prefix = values['topic_prefix'] as string | undefined;
    if ((topics.length === 0) === (prefix === undefined))
      throw invalidArgument(
        'A stream follows either the topics named by topic, or those that begin with topic_prefix.',
      );
    for (const topic of topics) grantedTopicKey(call, topic, 'subscribe');
    if (prefix !== undefined) {
      topicPrefixKey(prefix);
      if (!call.session.permissions.maySubscribePrefix(cacheName(call), prefix)) throw deniedTopic('subscribe');
    }
    const cache = await cacheOf(call, false);
    const resumed = resumedFrom(values);
    const positions = new SeveralPositions();
    if (prefix !== undefined && resumed instanceof SeveralPositions) positions.adopt(resumed);
    const start = startPosition(values);
    const { hub } = call.gateway.parts;
    return openStream(call, { cache, values, formatAbsent: 'json', positions }, (stream) => {
      if (prefix !== undefined) return PrefixFollower.begin(hub, stream, { cache, prefix, start, resumed });
      followNamed(hub, stream, cache, topics, (topic) => startOfTopic(topic, resumed, start));
    });
  },
};

function followNamed(
  hub: TopicHub,
  stream: TopicStream,
  cache: CacheHandle,
  topics: readonly string[],
  startOf: (topic: string) => Start,
): void {
  for (const topic of topics) {
    const channel = hub.channel(cache, topic);
    if (channel === null) return stream.goAway('overloaded');
    stream.follow(channel, startOf(topic));
  }
  stream.complete();
}

/** Where a stream goes on, by its header or parameter. Raises `invalid_argument` for a parameter that is no id. */
function resumedFrom(values: Arguments): Resumed {
  const header = values['Last-Event-ID'] as string | undefined;
  if (header !== undefined && header !== '') return SeveralPositions.parse(header) ?? 'unknown';
  const id = values['last_event_id'] as string | undefined;
  if (id === undefined) return null;
  const positions = SeveralPositions.parse(id);
  if (positions === undefined)
    throw invalidArgument('The parameter last_event_id is no id of an event of several topics.');
  return positions;
}

/** Where a topic goes on; one that the id does not tell of is as unknown as an id that nobody gave out. */
function startOfTopic(topic: string, resumed: Resumed, start: Start): Start {
  if (resumed === null) return start;
  const position = resumed === 'unknown' ? undefined : resumed.ofHash(topicHash(topic));
  return position === undefined ? { kind: 'unknown' } : { kind: 'after', ...position };
}
