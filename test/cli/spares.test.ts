import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { FleetStatus } from '../../src/control-plane/protocol.ts';
import { patience, RealFleet } from './real-fleet.ts';
import { endRunningProcesses } from './running-process.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-spares-'));
});
afterEach(endRunningProcesses);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const mib = 2 ** 20;

test('a spare is taken into use when the fleet passes its memory target, and no value is lost', async () => {
  const options = ['--zones=a,b', '--spares-per-zone=1', '--gateways=1', '--memory=128MiB'];
  const fleet = await RealFleet.start(directory, [...options, '--spare-memory-target=0.5']);
  const stateOf = async (id: string) => (await fleet.status()).nodes.find((node) => node.id === id)!;
  expect(await stateOf('a-2')).toMatchObject({ state: 'spare', primaries: 0, copies: 0 });

  // each node in use has all of it, in its 32 MiB
  const value = 'v'.repeat(mib / 8);
  const keys = Array.from({ length: 160 }, (_, index) => `/cache/default?key=k${index}`);
  for (const key of keys) expect((await fleet.call(key, { method: 'PUT', body: value })).status).toBe(204);

  let inUse: FleetStatus['nodes'][number] | undefined;
  await vi.waitFor(
    async () => {
      // the one that registered first
      const spares = (await fleet.status()).nodes.filter(({ id }) => id.endsWith('-2'));
      expect(spares.map(({ state }) => state).sort()).toEqual(['active', 'spare']);
      [inUse] = spares.filter(({ state }) => state === 'active');
      expect(inUse!.primaries + inUse!.copies).toBeGreaterThan(0);
      // the target must be passed for seconds without a break: a busy machine begins anew
    },
    { ...patience, timeout: 2 * patience.timeout },
  );
  const taken = (await fleet.events()).filter(({ kind }) => kind === 'spare_activated');
  expect(taken[0]).toMatchObject({
    node: inUse!.id,
    detail: expect.stringContaining('the memory in use is above'),
  });
  expect((await fleet.run('fleet', 'wait')).code).toBe(0);
  for (const key of keys) expect(await (await fleet.call(key)).text()).toBe(value);
  await fleet.stop();
}, 120_000);
