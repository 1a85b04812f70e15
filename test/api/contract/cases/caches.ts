import { limits } from '../../../../src/shared/limits.ts';
import type { Call } from '../caller.ts';
import { expectReplay, mark } from './replay.ts';

export async function exerciseCaches(call: Call): Promise<void> {
  const path = { cache: 'contract' };
  const json = { default_ttl_ms: 60_000 };
  const create = { path, json, headers: mark('create') };
  await call('createCache', create, 201);
  expectReplay(await call('createCache', create, 201));
  await call('createCache', { ...create, json: {} }, 'idempotency_key_reused');
  const again = { path, headers: mark('create-again') };
  await call('createCache', again, 200);
  expectReplay(await call('createCache', again, 200));
  await call('createCache', { path, json: { default_ttl_ms: 1 } }, 'cache_settings_differ');
  await call('createCache', { path, json: { default_ttl_ms: 'long' } }, 'invalid_argument');

  await call('listCaches', { query: { limit: '1' } }, 200);
  await call('listCaches', { query: { next_token: 'a' } }, 200);
  await call('listCaches', { query: { limit: '0' } }, 'invalid_argument');
  await call('getCache', { path }, 200);

  const update = { path, json: { eviction: 'none' }, headers: mark('update') };
  await call('updateCache', update, 200);
  expectReplay(await call('updateCache', update, 200));
  await call('updateCache', { ...update, json: { eviction: null } }, 'idempotency_key_reused');
  const patch = { 'content-type': 'application/merge-patch+json' };
  await call('updateCache', { path, body: '{"eviction":null}', headers: patch }, 200);

  const share = { path: { cache: 'contract-share' }, json: { memory_share: limits.memoryShareSumMax } };
  await call('createCache', share, 201);
  await call('createCache', { path: { cache: 'contract-more' }, json: { memory_share: 0.25 } }, 'limit_reached');
  await call('updateCache', { path, json: { memory_share: 0.25 } }, 'limit_reached');
  await call('updateCache', { path, json: { memory_share: 1e-9 } }, 'invalid_argument');
  await call('deleteCache', { path: share.path }, 204);
  await call('updateCache', { path, json: { memory_share: 0.007 } }, 200);

  await call('flushCache', { path, headers: mark('flush') }, 204);
  expectReplay(await call('flushCache', { path, headers: mark('flush') }, 204));
  await call('flushCache', { headers: mark('flush') }, 'idempotency_key_reused');
  await call('deleteCache', { path, headers: mark('drop') }, 204);
  expectReplay(await call('deleteCache', { path, headers: mark('drop') }, 204));
  await call('deleteCache', { headers: mark('drop') }, 'idempotency_key_reused');
}
