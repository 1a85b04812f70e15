import { z } from 'zod';
import { GodwitError } from '../../../shared/errors.ts';
import { topicPositionOf } from '../../../shared/frame/topic-results.ts';
import { limits } from '../../../shared/limits.ts';
import type { CacheHandle, IdempotencyMark, PublishOperation } from '../../../shared/operation.ts';
import { answerFormat, type BodyFormat, encodeBody, structuredContentTypes } from '../../http/body-format.ts';
import type { Reply } from '../../http/exchange.ts';
import { type Arguments, readArguments } from '../arguments.ts';
import { readBatchBody } from '../batch/batch-body.ts';
import { type BatchResult, BatchRun } from '../batch/batch-run.ts';
import { caught, reportFailures } from '../batch/execute-batch.ts';
import { bytesOf } from '../batch/item-bytes.ts';
import { errorOutcome, type Outcome } from '../batch/outcome.ts';
import { errorOutcomeSchema } from '../batch/schemas.ts';
import { Idempotency } from '../idempotency.ts';
import { cacheInPath, idempotencyKey } from '../parameters.ts';
import type { Route, RouteCall } from '../route.ts';
import { cacheName, cacheOf } from '../scalars/item.ts';
import { refusalOf } from '../scalars/outcome.ts';
import { messageTooLarge } from './publish.ts';
import { deniedTopic, grantedTopicKey, topicNameSchema, topicTarget } from './topic.ts';

/** A message of a batch. In CBOR bytes may come as they are. */
type MessageInput = { readonly topic: string } & (
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly bytes: Uint8Array }
);
interface BatchPublish {
  readonly messages: readonly MessageInput[];
}

/** What is wrong with one name or text is that message's error, so that the shape is all that is judged of the batch. */
function messagesOf(topic: z.ZodType<string>, more: readonly z.ZodType<MessageInput>[]): z.ZodType<BatchPublish> {
  const base64 = z.string().meta({ description: 'Base64 or base64url, padded or not.' });
  const message = z.union([z.strictObject({ topic, text: z.string() }), z.strictObject({ topic, base64 }), ...more]);
  return z.strictObject({ messages: z.array(message).max(limits.batchItemsMax) });
}

const ofJson = messagesOf(z.string(), []);
const ofCbor = messagesOf(z.string(), [z.strictObject({ topic: z.string(), bytes: z.instanceof(Uint8Array) })]);
const contract = messagesOf(topicNameSchema, []).meta({ id: 'BatchPublish' });

const published = z.strictObject({
  outcome: z.literal('published'),
  sequence_number: z.int().meta({ description: 'The message’s number in its page, from 1.' }),
  sequence_page: z.int().meta({ description: 'The instance of the topic’s log.' }),
});
const answerSchema = z
  .strictObject({
    items: z
      .array(z.discriminatedUnion('outcome', [published, errorOutcomeSchema]))
      .meta({ description: 'In the order of the request.' }),
  })
  .meta({ id: 'BatchPublishAnswer' });

const parameters = [cacheInPath, idempotencyKey];

export const publishBatch: Route = {
  method: 'POST',
  path: '/topics/{cache}',
  operationId: 'publishBatch',
  tag: 'Topics',
  summary: 'Publish many messages',
  description:
    'To one topic or many, each with an outcome of its own. Messages of one topic are numbered in the order given; those of different topics at the same time, in no order. In CBOR a message may also have `bytes`, a byte string.',
  access: 'token',
  parameters,
  body: {
    contentTypes: structuredContentTypes,
    schema: contract,
    required: true,
    limitBytes: limits.batchBodyBytesMax,
    description: `The messages, at most ${limits.batchItemsMax}.`,
  },
  responses: {
    200: {
      description: 'An outcome for each message, in the order of the request, whether or not some of them failed.',
      body: { contentTypes: structuredContentTypes, schema: answerSchema },
      headers: ['Cache-Control', 'Idempotent-Replayed'],
    },
  },
  problems: ['cache_not_found', 'not_acceptable', 'idempotency_key_reused', 'outcome_unknown'],
  handle: async (call) => {
    const values = readArguments(parameters, call.exchange);
    const format = answerFormat(call.exchange.header('accept'));
    if (!call.session.permissions.mayPublishSome(cacheName(call))) throw deniedTopic('publish');
    const schemas = { json: ofJson, cbor: ofCbor };
    const { bytes, body } = await readBatchBody(call.exchange, schemas, 'messages');
    const keys = body.messages.map(({ topic }) => caught(() => grantedTopicKey(call, topic, 'publish')));
    const cache = await cacheOf(
      call,
      keys.some((key) => !(key instanceof GodwitError)),
    );
    const marks = await marksOf(call, values, cache, bytes, keys.length);
    const steps = body.messages.map((message, index) => {
      const key = keys[index]!;
      return key instanceof GodwitError ? key : caught(() => operationOf(call, message, cache, key, marks[index]));
    });
    const results = await new BatchRun(call.gateway.fleet, call.trace, steps).run();
    reportFailures(call, results);
    return replyOf(results, format);
  },
};

/** A mark for each message when the request has an idempotency key, which is then claimed; else none. */
async function marksOf(
  { session, exchange, gateway }: RouteCall,
  values: Arguments,
  cache: CacheHandle,
  body: Uint8Array,
  count: number,
): Promise<readonly IdempotencyMark[]> {
  const key = values['Idempotency-Key'] as string | undefined;
  if (key === undefined) return [];
  const idempotency = await Idempotency.of(session, key, exchange, body);
  await idempotency.claim(gateway.fleet, cache);
  return Promise.all(Array.from({ length: count }, (_, index) => idempotency.mark(index)));
}

/** Raises what is wrong with the one message. */
function operationOf(
  { session }: RouteCall,
  message: MessageInput,
  cache: CacheHandle,
  key: Uint8Array,
  idempotency: IdempotencyMark | undefined,
): PublishOperation {
  const value = bytesOf('bytes' in message ? message.bytes : message, 'message');
  const limit = cache.settings.topic_message_bytes_max;
  if (value.length > limit) throw messageTooLarge(limit, value.length);
  return {
    kind: 'publish',
    ...topicTarget(cache, key),
    value,
    text: 'text' in message,
    tokenId: session.tokenId ?? '',
    ...(idempotency === undefined ? {} : { idempotency }),
  };
}

function replyOf(results: readonly BatchResult[], format: BodyFormat): Reply {
  let nodeMicros = 0;
  let replayed = false;
  const items = results.map((result): Outcome => {
    if (result instanceof GodwitError) return errorOutcome(result);
    const refusal = refusalOf(result);
    if (refusal !== null) return errorOutcome(refusal);
    if (result.nodeMicros > nodeMicros) nodeMicros = result.nodeMicros;
    replayed ||= result.replayed;
    const { page, sequence } = topicPositionOf(result);
    return { outcome: 'published', sequence_number: sequence, sequence_page: page };
  });
  const { contentType, body } = encodeBody(format, { items });
  const headers = ['content-type', contentType, 'cache-control', 'no-store'];
  if (replayed) headers.push('idempotent-replayed', 'true');
  return { status: 200, headers, body, compressible: format === 'json', nodeMicros };
}
