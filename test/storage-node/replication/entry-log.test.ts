import { expect, it } from 'vitest';
import { EntryLog } from '../../../src/storage-node/replication/entry-log.ts';

it('what was dropped takes no memory, and what is left is found by its sequence', async () => {
  const total = { bytes: 0 };
  const log = new EntryLog(total);
  const collected = new Set<number>();
  const registry = new FinalizationRegistry<number>((sequence) => collected.add(sequence));
  for (let sequence = 1; sequence <= 20; sequence++) {
    const payload = new Uint8Array(1_000);
    registry.register(payload, sequence);
    log.push({ sequence, hash: sequence, payload });
  }
  log.trim(19);
  expect([log.count, log.bytes, total.bytes, log.at(20).hash]).toEqual([1, 1_000, 1_000, 20]);
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let tries = 0; tries < 20 && collected.size < 19; tries++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect([...collected].sort((a, b) => a - b)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
  expect(log.at(20).payload.length).toBe(1_000);
});
