import { z } from 'zod';
import { invalidArgument } from '../../../shared/errors.ts';
import { type TopicReport, topicReportsOf } from '../../../shared/frame/topic-results.ts';
import { jsonReply, type Reply } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { nextTokenSchema, pageParameters, pageSizeDefault } from '../page.ts';
import { cacheInPath } from '../parameters.ts';
import type { ResponseShape, RouteCall } from '../route.ts';
import { cacheName, cacheOf } from '../scalars/item.ts';
import { describeTopic, nameOf, topicStatisticsSchema } from './statistics.ts';
import { deniedTopic, topicKey, topicPrefix, topicPrefixKey } from './topic.ts';

const topicPageSchema = z
  .strictObject({ topics: z.array(topicStatisticsSchema), next_token: nextTokenSchema })
  .meta({ id: 'TopicPage' });

export const listTopicsParameters = [cacheInPath, topicPrefix, ...pageParameters] as const;

/** What a list of topics is answered with. */
export const topicPageResponse: ResponseShape = {
  description: 'A page of topics, in the order of their names’ bytes.',
  body: { contentTypes: ['application/json'], schema: topicPageSchema },
  headers: ['Cache-Control'],
};

/**
 * A page of a cache's topics that have been used lately, with their statistics, as all storage nodes tell them.
 * Raises `permission_denied` unless the token may subscribe to every topic with the prefix, and what the fleet raises
 * when a node does not answer: a list without that node's topics would look as if they were gone.
 */
export async function listTopics(call: RouteCall): Promise<Reply> {
  const values = readArguments(listTopicsParameters, call.exchange);
  const prefix = (values['topic_prefix'] ?? '') as string;
  const limit = (values['limit'] ?? pageSizeDefault) as number;
  const key = topicPrefixKey(prefix);
  const after = afterOf(values['next_token'] as string | undefined);
  if (!call.session.permissions.maySubscribePrefix(cacheName(call), prefix)) throw deniedTopic('subscribe');
  const cache = await cacheOf(call, false);
  // One more than the page tells whether another follows.
  const results = await call.gateway.fleet.executeAtAll(
    (hash) => ({ kind: 'topics', cache, hash, key, after, limit: limit + 1 }),
    call.trace,
  );
  const found = results.flatMap(topicReportsOf).sort(byName);
  const page = found.slice(0, limit);
  const topics = page.map(describeTopic);
  const nodeMicros = Math.max(...results.map((result) => result.nodeMicros));
  const more = found.length > page.length ? { next_token: nameOf(page.at(-1)!) } : {};
  return jsonReply(200, { topics, ...more }, [], nodeMicros);
}

/** The token of a page is the name it ended with: stable however the list changes meanwhile. */
function afterOf(token: string | undefined): Uint8Array {
  if (token === undefined) return new Uint8Array(0);
  try {
    return topicKey(token);
  } catch {
    throw invalidArgument('The parameter next_token is not one that a list gave.');
  }
}

function byName(a: TopicReport, b: TopicReport): number {
  return a.name < b.name ? -1 : 1;
}
