import { z } from 'zod';
import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import type { CacheHandle, Target } from '../../../shared/operation.ts';
import { keyHash } from '../../../shared/slots.ts';
import { topicLimits } from '../../../shared/topics/limits.ts';
import { queryParameter } from '../parameters.ts';
import type { Parameter, RouteCall } from '../route.ts';
import { cacheName, cacheOf } from '../scalars/item.ts';

const encoder = new TextEncoder();

/** What a call does to a topic, which decides the right that it needs. */
export type TopicNeed = 'publish' | 'subscribe';

export const topicNameSchema = z
  .string()
  .min(1)
  .max(topicLimits.nameBytesMax)
  .meta({
    id: 'TopicName',
    description: `Any text without control characters but \`.\` and \`..\`, of at most ${topicLimits.nameBytesMax} bytes of UTF-8.`,
  });

export const topicInPath: Parameter = {
  name: 'topic',
  in: 'path',
  kind: 'string',
  schema: topicNameSchema,
  required: true,
  description: 'Name of the topic, percent-encoded; `%2F` is a slash inside the name. A topic needs no creation.',
  example: 'news',
};

export const topicPrefix = queryParameter(
  'topic_prefix',
  'string',
  z.string().max(topicLimits.nameBytesMax),
  'What the names of the topics begin with; the token has to be allowed to subscribe to all such topics.',
  'chat-',
);

/** UTF-8 of a topic's name. Raises `invalid_argument` for one that no path could hold. */
export function topicKey(name: string): Uint8Array {
  if (name === '.' || name === '..') throw invalidArgument('A topic cannot be named . or .., which paths swallow.');
  if (name === '') throw invalidArgument('The name of the topic is empty.', { limit: 1, actual: 0 });
  return topicPrefixKey(name);
}

/** The same of a prefix of names, which may be empty. */
export function topicPrefixKey(prefix: string): Uint8Array {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  if (/[\x00-\x1f\x7f]/.test(prefix)) throw invalidArgument('The name of a topic has no control characters.');
  if (!prefix.isWellFormed()) throw invalidArgument('The name of the topic is not well-formed Unicode.');
  const key = encoder.encode(prefix);
  if (key.length > topicLimits.nameBytesMax)
    throw invalidArgument('The name of the topic is too long (bytes).', {
      limit: topicLimits.nameBytesMax,
      actual: key.length,
    });
  return key;
}

/** UTF-8 of a topic's name, once the call's token is known to allow what is to be done with it. */
export function grantedTopicKey(call: RouteCall, name: string, need: TopicNeed): Uint8Array {
  const key = topicKey(name);
  const { permissions } = call.session;
  const cache = cacheName(call);
  const granted = need === 'publish' ? permissions.mayPublish(cache, name) : permissions.maySubscribe(cache, name);
  if (!granted) throw deniedTopic(need);
  return key;
}

/**
 * The topic of a call's path, its right checked. Raises `invalid_argument`, `permission_denied`, `cache_not_found`.
 * Publishing creates a cache that does not exist when the server is set so.
 */
export async function topicOf(call: RouteCall, need: TopicNeed): Promise<Target> {
  const key = grantedTopicKey(call, call.path['topic']!, need);
  return topicTarget(await cacheOf(call, need === 'publish'), key);
}

export function topicTarget(cache: CacheHandle, key: Uint8Array): Target {
  return { cache, key, hash: keyHash(cache.seed, key) };
}

export function deniedTopic(need: TopicNeed): GodwitError {
  const what = need === 'publish' ? 'publishing' : 'subscribing';
  return new GodwitError('permission_denied', `The token does not grant ${what} here.`);
}
