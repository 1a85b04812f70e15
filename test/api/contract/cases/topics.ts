import { encode } from 'cborg';
import { expect } from 'vitest';
import { limits } from '../../../../src/shared/limits.ts';
import type { Call } from '../caller.ts';
import { expectReplay, mark } from './replay.ts';

/** A good body of a batch publish, with an outcome of either kind. */
export const batchPublishBody = {
  messages: [
    { topic: 'batch', text: 'a' },
    { topic: 'batch', base64: '/wA=' },
    { topic: '', text: 'no name' },
  ],
};

/** A name with an escape goes through the Hono app, a plain one through the direct door. */
const bothDoors = ['default', '%64efault'] as const;

/** Long polls and streams. A stream is read to its end, which its token's expiry brings. */
async function exerciseFollowing(call: Call): Promise<void> {
  const path = { topic: 'followed' };
  await call('publish', { path, body: 'one' }, 204);
  await call('publish', { path, body: Uint8Array.of(0xff) }, 204);
  const numbers = { sequence_number: '1', sequence_page: '1', wait_seconds: '1' };
  await call('followTopic', { path, query: numbers }, 200);
  await call('followTopic', { path, query: { start: '-1', wait_seconds: '0' } }, 200);
  await call('followTopic', { path, query: { last_event_id: 'none' } }, 'invalid_argument');
  await call('followTopic', { path, query: { wait_seconds: '56' } }, 'invalid_argument');

  const rights = [{ type: 'topic', cache: 'default', actions: ['publish', 'subscribe'] }];
  const issued = { authorization_details: rights, expires_in_seconds: 2, token_id: 'contract' };
  const { token } = (await call('issueToken', { json: issued }, 201)).json<{ token: string }>();
  await call('publish', { path, body: 'named', token }, 204);
  const events = { accept: 'text/event-stream' };
  const shape = { start: 'earliest', format: 'json', checkpoints: 'true', heartbeat_seconds: '1' };
  const ids = { sequence_number: '1', sequence_page: '0' };
  const streams = await Promise.all([
    call('followTopic', { path, token, headers: events, query: { ...shape, ...ids } }, 200),
    call('followTopic', { path, token, headers: { ...events, 'last-event-id': '1-1' }, query: {} }, 200),
    call('followTopic', { path, token, headers: events, query: { last_event_id: '1-1' } }, 200),
    call('followTopics', { token, headers: events, query: { ...shape, topic: 'followed' } }, 200),
    call('followTopics', { token, headers: events, query: { ...shape, topic_prefix: 'follow' } }, 200),
    call('followTopics', { token, headers: { ...events, 'last-event-id': 'm' }, query: { topic: 'followed' } }, 200),
    call('followTopics', { token, headers: events, query: { topic: 'followed', last_event_id: 'm' } }, 200),
  ]);
  for (const { text } of streams) expect(text).toContain('event: end');
  await call('followTopics', { headers: events }, 'invalid_argument');
  await call('followTopics', { headers: events, query: { topic: 'a', last_event_id: '1-1' } }, 'invalid_argument');
}

/** What publishing and statistics can be asked, and what they answer. */
export async function exerciseTopics(call: Call): Promise<void> {
  for (const cache of bothDoors) {
    const path = { cache, topic: 'contract%2Ftopic' };
    await call('publish', { path, body: 'text', headers: { 'content-type': 'text/plain' } }, 204);
    await call('publish', { path, body: Uint8Array.of(0, 0xff) }, 204);
    await call('publish', { path }, 204);
    await call('publish', { path, body: new Uint8Array(1), headers: { 'content-type': 'a; charset=b' } }, 204);
    const latin1 = { 'content-type': 'text/plain; charset=latin1' };
    await call('publish', { path, body: 'text', headers: latin1 }, 'unsupported_media_type');
    const marked = { path, body: 'once', headers: mark(`publish-${cache}`) };
    await call('publish', marked, 204);
    expectReplay(await call('publish', marked, 204));
    await call('publish', { ...marked, body: 'other' }, 'idempotency_key_reused');
    await call('getTopicStatistics', { path }, 200);
  }
  await call('publish', { path: { topic: '%00' } }, 'invalid_argument');
  await call('getTopicStatistics', { path: { topic: 'none' } }, 200);
  await call('getTopicStatistics', { path: { topic: 'x'.repeat(513) } }, 'invalid_argument');

  const query = { topic_prefix: 'contract/', limit: '1', next_token: 'contract/a' };
  await call('followTopics', { query }, 200);
  await call('followTopics', { query: { limit: '1' } }, 200);
  await call('followTopics', { query: { limit: '0' } }, 'invalid_argument');

  await exerciseFollowing(call);

  const json = batchPublishBody;
  const cbor = { 'content-type': 'application/cbor', accept: 'application/cbor' };
  await call('publishBatch', { json }, 200);
  await call('publishBatch', { body: encode(json), headers: cbor }, 200);
  const messages = [{ topic: 'batch', bytes: Uint8Array.of(0xff) }];
  await call('publishBatch', { body: encode({ messages }), headers: cbor }, 200);
  await call('publishBatch', { json, headers: { accept: 'text/html' } }, 'not_acceptable');
  await call('publishBatch', { json, headers: mark('publish-batch') }, 200);
  expectReplay(await call('publishBatch', { json, headers: mark('publish-batch') }, 200));
  await call('publishBatch', { json: { messages: [] }, headers: mark('publish-batch') }, 'idempotency_key_reused');
  const tooMany = Array.from({ length: limits.batchItemsMax + 1 }, () => ({ topic: 'a', text: '' }));
  await call('publishBatch', { json: { messages: tooMany } }, 'invalid_argument');
}
