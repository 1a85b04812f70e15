import { GodwitError } from '../../../shared/errors.ts';
import { topicPositionOf } from '../../../shared/frame/topic-results.ts';
import { limits } from '../../../shared/limits.ts';
import type { CacheHandle } from '../../../shared/operation.ts';
import type { Exchange } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { cacheInPath, idempotencyKey } from '../parameters.ts';
import type { RequestBodyShape, Route } from '../route.ts';
import { carryOut, replayedHeader } from '../scalars/marked-write.ts';
import { isTextMessage, messageKindOf } from './message-kind.ts';
import { topicInPath, topicOf } from './topic.ts';

const parameters = [cacheInPath, topicInPath, idempotencyKey];

const messageBody: RequestBodyShape = {
  contentTypes: ['*/*'],
  schema: 'bytes',
  required: false,
  limitBytes: limits.itemSizeBytesMax,
  description:
    'The message. `text/*` has to be UTF-8 and stays text; `application/octet-stream` is bytes; under any other type, or none, it is text when it is UTF-8. A cache takes messages up to its setting `topic_message_bytes_max`.',
};

export const publish: Route = {
  method: 'POST',
  path: '/topics/{cache}/{topic}',
  operationId: 'publish',
  tag: 'Topics',
  summary: 'Publish a message',
  description:
    'Numbers the message, keeps it for a while, and hands it to whoever follows the topic, in the same order to all. Succeeds whether or not anybody does. Without an `Idempotency-Key` a request that is sent twice publishes twice.',
  access: 'token',
  parameters,
  body: messageBody,
  responses: {
    204: {
      description: 'Published.',
      headers: ['Godwit-Sequence-Number', 'Godwit-Sequence-Page', 'Idempotent-Replayed'],
    },
  },
  problems: [
    'cache_not_found',
    'message_too_large',
    'unsupported_media_type',
    'idempotency_key_reused',
    'outcome_unknown',
  ],
  handle: async (call) => {
    const values = readArguments(parameters, call.exchange);
    const target = await topicOf(call, 'publish');
    const { value, text } = await readMessage(call.exchange, target.cache);
    const tokenId = call.session.tokenId ?? '';
    const result = await carryOut(call, values, target, value, (mark) => ({
      kind: 'publish',
      cache: target.cache,
      key: target.key,
      hash: target.hash,
      value,
      text,
      tokenId,
      ...mark,
    }));
    const { page, sequence } = topicPositionOf(result);
    const headers = replayedHeader(result);
    headers.push('godwit-sequence-number', String(sequence), 'godwit-sequence-page', String(page));
    return { status: 204, headers, body: null, nodeMicros: result.nodeMicros };
  },
};

/** Reads a message; raises `message_too_large` as soon as there are more bytes than this cache takes. */
async function readMessage(exchange: Exchange, cache: CacheHandle): Promise<{ value: Uint8Array; text: boolean }> {
  if (exchange.header('content-encoding') !== undefined)
    throw new GodwitError('unsupported_media_type', 'A message is sent as it is; Content-Encoding is not read.');
  const kind = messageKindOf(exchange.header('content-type'));
  const limit = cache.settings.topic_message_bytes_max;
  const value = await exchange.body.read(limit, () => {
    // A length that is declared may be a lie, but it is the best that is known of a body that was not read.
    const declared = Number(exchange.header('content-length'));
    return messageTooLarge(limit, Number.isNaN(declared) ? 'more' : declared);
  });
  return { value, text: isTextMessage(kind, value) };
}

export function messageTooLarge(limit: number, actual: number | string): GodwitError {
  return new GodwitError('message_too_large', 'The message is larger than this cache takes.', {
    extra: { limit, actual },
  });
}
