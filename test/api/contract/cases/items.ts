import { limits } from '../../../../src/shared/limits.ts';
import type { Call } from '../caller.ts';
import { expectReplay, mark } from './replay.ts';

/** A name with an escape goes through the Hono app, a plain one through the direct door. */
const bothDoors = ['default', '%64efault'] as const;

/** What the operations on one item can be asked, and what they answer. */
export async function exerciseItems(call: Call): Promise<void> {
  await exerciseReads(call);
  for (const cache of bothDoors) await exercisePut(call, { cache });
  for (const cache of bothDoors) await exerciseDelete(call, { cache });
  await exerciseMarkedWrites(call);
  await exerciseCounters(call);
  await exerciseSwap(call);
  await exerciseTake(call);
  await exerciseTtl(call);
}

async function exerciseReads(call: Call): Promise<void> {
  const query = { key: 'read' };
  const put = await call('putItem', { query, body: 'value', headers: { 'content-type': 'text/plain' } }, 204);
  const etag = String(put.headers['etag']);
  for (const cache of bothDoors) {
    const path = { cache };
    for (const operation of ['getItem', 'headItem']) {
      await call(operation, { path, query }, 200);
      await call(operation, { path, query: { key_base64: 'cmVhZA' } }, 200);
      await call(operation, { path, query, headers: { 'if-none-match': etag } }, 304);
      await call(operation, { path, query, headers: { 'if-match': etag, 'read-concern': 'balanced' } }, 200);
      await call(operation, { path, query, headers: { 'if-match': '"9-9"' } }, 'precondition_failed');
      await call(operation, { path, query: { key: 'none' } }, 'key_not_found');
      await call(operation, { path, query: { ...query, key_base64: 'cmVhZA' } }, 'invalid_argument');
    }
  }
  for (const operation of ['getItemTtl', 'getItemType']) {
    await call(operation, { query, headers: { 'read-concern': 'consistent' } }, 200);
    await call(operation, { query: { key_base64: 'cmVhZA==' } }, 200);
    await call(operation, { query: { key: 'none' } }, 'key_not_found');
  }
}

async function exercisePut(call: Call, path: { cache: string }): Promise<void> {
  const query = { key: 'write' };
  const key_base64 = 'd3JpdGU';
  const concern = { 'read-concern': 'consistent' };
  await call('putItem', { path, query: { ...query, ttl_seconds: '60' }, body: 'a' }, 204);
  await call('putItem', { path, query: { key_base64, ttl_ms: '60000' }, body: 'a', headers: concern }, 204);
  await call('putItem', { path, query: { ...query, condition: 'present' }, headers: { 'if-match': '*' } }, 204);
  await call('putItem', { path, query, headers: { 'if-none-match': '*' }, body: 'b' }, 'precondition_failed');
  const equal = { ...query, condition: 'equal' };
  await call('putItem', { path, query: { ...equal, compare: '' }, body: 'c' }, 204);
  await call('putItem', { path, query: { ...equal, compare_base64: 'Yw==' }, body: 'd' }, 204);
  await call('putItem', { path, query: equal, headers: { 'godwit-compare-length': '1' }, body: 'de' }, 204);
  await call('putItem', { path, query: { ...equal, compare: 'x' }, body: 'd' }, 'precondition_failed');
  await call('putItem', { path, query: { ...query, ttl_ms: '0' }, body: 'x' }, 'invalid_argument');
  await call('putItem', { path, query, body: 'e' }, 204);
}

async function exerciseDelete(call: Call, path: { cache: string }): Promise<void> {
  const query = { key: 'gone' };
  await call('putItem', { path, query, body: 'e' }, 204);
  await call('deleteItem', { path, query, headers: { 'if-match': '"9-9"' } }, 'precondition_failed');
  const equal = { ...query, condition: 'equal', compare: 'e' };
  await call('deleteItem', { path, query: equal, headers: { 'if-match': '*' } }, 204);
  const absent = { ...query, condition: 'absent_or_equal', compare_base64: 'ZQ' };
  await call('deleteItem', { path, query: absent, headers: { 'if-none-match': '*' } }, 204);
  await call('deleteItem', { path, query: { key_base64: 'Z29uZQ' }, headers: { 'read-concern': 'consistent' } }, 204);
}

async function exerciseMarkedWrites(call: Call): Promise<void> {
  const query = { key: 'marked' };
  await call('putItem', { query, headers: mark('put'), body: 'once' }, 204);
  expectReplay(await call('putItem', { query, headers: mark('put'), body: 'once' }, 204));
  await call('putItem', { query, headers: mark('put'), body: 'twice' }, 'idempotency_key_reused');
  await call('deleteItem', { query, headers: mark('delete') }, 204);
  expectReplay(await call('deleteItem', { query, headers: mark('delete') }, 204));
  await call('deleteItem', { query: { key: 'another' }, headers: mark('delete') }, 'idempotency_key_reused');
}

async function exerciseCounters(call: Call): Promise<void> {
  const query = { key: 'counter' };
  const concern = { 'read-concern': 'consistent' };
  await call('incrementItem', { query: { ...query, amount: '5', ttl_seconds: '60', ttl_mode: 'on_create' } }, 200);
  await call('incrementItem', { query: { ...query, max: '5', min: '0', ttl_ms: '60000' }, headers: concern }, 200);
  await call('incrementItem', { query: { key_base64: 'Y291bnRlcg' }, headers: { 'if-match': '*' } }, 200);
  await call('incrementItem', { query, headers: { 'if-none-match': '*' } }, 'precondition_failed');
  await call('incrementItem', { query, headers: mark('increment') }, 200);
  expectReplay(await call('incrementItem', { query, headers: mark('increment') }, 200));
  await call('incrementItem', { query: { key: 'other' }, headers: mark('increment') }, 'idempotency_key_reused');
  await call('incrementItem', { query: { ...query, amount: '9223372036854775807' } }, 'integer_overflow');
  await call('putItem', { query: { key: 'text' }, body: 'no number' }, 204);
  await call('incrementItem', { query: { key: 'text' } }, 'not_an_integer');
  await call('incrementItem', { query: { ...query, amount: '1.5' } }, 'invalid_argument');
}

async function exerciseSwap(call: Call): Promise<void> {
  const query = { key: 'swapped' };
  const first = { query: { ...query, ttl_seconds: '60' }, body: 'a', headers: mark('swap') };
  await call('getAndSetItem', first, 204);
  expectReplay(await call('getAndSetItem', first, 204));
  await call('getAndSetItem', { query, body: 'a', headers: mark('swap') }, 'idempotency_key_reused');
  const second = { query: { ...query, ttl_ms: '60000' }, body: 'b', headers: mark('second-swap') };
  await call('getAndSetItem', second, 200);
  expectReplay(await call('getAndSetItem', second, 200));
  const conditional = { 'if-match': '*', 'read-concern': 'consistent' };
  await call('getAndSetItem', { query: { key_base64: 'c3dhcHBlZA' }, body: 'c', headers: conditional }, 200);
  await call('getAndSetItem', { query, body: 'd', headers: { 'if-none-match': '*' } }, 'precondition_failed');
}

async function exerciseTake(call: Call): Promise<void> {
  const query = { key: 'taken' };
  await call('putItem', { query, body: 'a' }, 204);
  await call('getAndDeleteItem', { query, headers: { 'if-none-match': '*' } }, 'precondition_failed');
  const take = { query, headers: { ...mark('take'), 'if-match': '*', 'read-concern': 'consistent' } };
  await call('getAndDeleteItem', take, 200);
  expectReplay(await call('getAndDeleteItem', take, 200));
  await call('getAndDeleteItem', { query: { key: 'other' }, headers: mark('take') }, 'idempotency_key_reused');
  await call('getAndDeleteItem', { query: { key_base64: 'dGFrZW4' } }, 'key_not_found');
}

async function exerciseTtl(call: Call): Promise<void> {
  const query = { key: 'ttl' };
  await call('putItem', { query, body: 'a' }, 204);
  const minute = { query: { ...query, ttl_seconds: '60' }, headers: mark('ttl') };
  await call('putItemTtl', minute, 200);
  expectReplay(await call('putItemTtl', minute, 200));
  await call('putItemTtl', { query: { ...query, ttl_seconds: '61' }, headers: mark('ttl') }, 'idempotency_key_reused');
  const raise = { ...query, ttl_ms: '1000', mode: 'raise' };
  await call('putItemTtl', { query: raise, headers: { 'if-match': '*', 'read-concern': 'consistent' } }, 200);
  await call('putItemTtl', { query: { key_base64: 'dHRs', ttl_ms: '9000', mode: 'lower' } }, 200);
  const set = { ...query, ttl_ms: '9000' };
  await call('putItemTtl', { query: set, headers: { 'if-none-match': '*' } }, 'precondition_failed');
  await call('putItemTtl', { query: { key: 'none', ttl_ms: '9000' } }, 'key_not_found');
  await call('putItemTtl', { query }, 'invalid_argument');
  await call('putItemTtl', { query: { ...query, ttl_ms: String(limits.ttlMsMax + 1) } }, 'invalid_argument');
}
