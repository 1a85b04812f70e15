import { encode } from 'cborg';
import type { Call } from '../caller.ts';
import { expectReplay, mark } from './replay.ts';

const cbor = { 'content-type': 'application/cbor', accept: 'application/cbor' };
const bytes = Uint8Array.of(0, 0xff);

/** A good body of each batch; they set what they read. */
export const batchBodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  setItems: {
    items: [
      { key: 'batch', value: { text: 'a' }, content_type: 'text/plain' },
      { key: { base64: 'AP8' }, value: { base64: '/wA=' }, ttl_seconds: 60 },
      { key: 'batch', value: 'b', condition: { kind: 'absent' } },
      { key: '', value: 'b' },
    ],
    ttl_ms: 60_000,
  },
  getItems: { keys: ['batch', { base64: 'AP8' }, { text: 'none' }, ''] },
  queryItems: { keys: ['batch'] },
  itemsExist: { keys: ['batch', 'none', { base64: '!' }] },
  queryItemsExist: { keys: [] },
  deleteItems: { keys: ['batch', { base64: 'AP8' }] },
  batchItems: {
    operations: [
      { op: 'set', key: 'mixed', value: 'a' },
      { op: 'get', key: 'mixed' },
      { op: 'exists', key: 'mixed' },
      { op: 'exists', key: 'none' },
      { op: 'get', key: 'none' },
      { op: 'ttl', key: 'mixed' },
      { op: 'ttl', key: 'mixed', ttl_ms: 1_000, mode: 'raise' },
      { op: 'ttl', key: 'mixed', ttl_ms: 1_000 },
      { op: 'get_and_set', key: 'mixed', value: { base64: 'AP8=' } },
      { op: 'set', key: 'mixed', value: 'c', condition: { if_match: '"9-9"' } },
      { op: 'delete', key: 'mixed', condition: { kind: 'equal', compare: 'x' } },
      { op: 'get_and_delete', key: 'mixed' },
      { op: 'increment', key: 'mixed', amount: '5' },
      { op: 'increment', key: 'mixed', max: 5 },
      { op: 'delete', key: 'mixed' },
    ],
  },
};

export async function exerciseBatches(call: Call): Promise<void> {
  for (const [operation, json] of Object.entries(batchBodies)) {
    const headers = { 'read-concern': 'consistent' };
    await call(operation, { json, headers }, 200);
    await call(operation, { body: encode(json), headers: cbor }, 200);
    await call(operation, { json, headers: { accept: 'text/html' } }, 'not_acceptable');
  }
  const items = [{ key: bytes, value: bytes }];
  await call('setItems', { body: encode({ items }), headers: cbor }, 200);
  await call('getItems', { body: encode({ keys: [bytes] }), headers: cbor }, 200);
  for (const operation of ['setItems', 'deleteItems', 'batchItems']) {
    const json = batchBodies[operation]!;
    await call(operation, { json, headers: mark(operation) }, 200);
    expectReplay(await call(operation, { json, headers: mark(operation) }, 200));
    const other = { ...json, [Object.keys(json)[0]!]: [] };
    await call(operation, { json: other, headers: mark(operation) }, 'idempotency_key_reused');
  }
  await call('setItems', { json: { items: [], ttl_ms: 0 } }, 'invalid_argument');
  await call('getItems', { json: { keys: Array.from({ length: 1_001 }, () => 'a') } }, 'invalid_argument');
}
