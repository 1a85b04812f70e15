/** A storage node that its peers and the gateways reach, and the control plane does not: real nodes, over the wire. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { FleetStatus } from '../../src/control-plane/fleet-answers.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';
import { Line } from '../support/line.ts';

const { silentMs, cutOffMs } = controlPlaneLimits;
const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
const patience = { timeout: 12_000, interval: 100 };

let fleet: TestFleet;
let line: Line;
afterEach(async () => {
  line.heal();
  await fleet.stop();
  line.close();
});

async function start(replicationFactor: number): Promise<void> {
  const controlUrlOf = async (zone: string, url: string) => {
    if (zone !== 'a') return url;
    const made = await Line.to(url);
    line = made.line;
    return made.url;
  };
  fleet = await startFleet({ replicationFactor, controlUrlOf });
}

const authorization = () => ({ authorization: `Bearer ${fleet.adminToken}` });
const urlOf = (key: string) => `${fleet.url}/cache/default?key=${key}`;
async function status(): Promise<FleetStatus> {
  return (await fetch(`${fleet.url}/fleet`, { headers: authorization() })).json() as Promise<FleetStatus>;
}
const stateOf = async (id: string) => (await status()).nodes.find((node) => node.id === id)?.state;

/** Every key is written and read back; all slots of the fleet that matter here are among theirs. */
async function useAll(value: string): Promise<void> {
  await Promise.all(
    keys.map(async (key) => {
      const put = await fetch(urlOf(key), { method: 'PUT', body: value, headers: authorization() });
      expect(put.status, `${key}: ${await put.text()}`).toBe(204);
      const got = await fetch(urlOf(key), { headers: authorization() });
      expect([got.status, await got.text()]).toEqual([200, value]);
    }),
  );
}

describe('a node that is cut off from the control plane', () => {
  it('is silent after the longer time; then a second fault stops nothing, and it is taken back', async () => {
    await start(2);
    await useAll('before');
    line.cut();
    const cutMs = performance.now();
    while (performance.now() - cutMs < cutOffMs - 500) {
      await useAll('meanwhile');
      expect(await stateOf('storage-a')).toBe('active');
      await pause(200);
    }
    await expect.poll(() => stateOf('storage-a'), patience).toBe('silent');
    await useAll('taken over');
    await expect.poll(async () => (await status()).slots.under_replicated, patience).toBe(0);
    const [, second] = fleet.nodes;
    await second!.drain(1_000);
    for (const key of keys) {
      expect(await (await fetch(urlOf(key), { headers: authorization() })).text()).toBe('taken over');
    }
    await useAll('after the second fault');
    expect((await status()).resets_total).toBe(0);
    line.heal();
    await expect.poll(() => stateOf('storage-a'), patience).toBe('active');
    await expect.poll(async () => (await status()).slots.under_replicated, patience).toBe(0);
    await useAll('healed');
  }, 60_000);

  it('goes on serving what only it has', async () => {
    await start(1);
    await useAll('before');
    const { primaries } = (await status()).nodes.find(({ id }) => id === 'storage-a')!;
    expect(primaries).toBeGreaterThan(1_000);
    line.cut();
    // Nobody else has copies of its slots, so nobody hears it.
    await pause(silentMs);
    await expect.poll(() => stateOf('storage-a'), patience).toBe('silent');
    await useAll('while silent');
    await pause(cutOffMs - silentMs);
    await useAll('later');
    const node = (await status()).nodes.find(({ id }) => id === 'storage-a');
    expect(node).toMatchObject({ state: 'silent', primaries });
    expect((await status()).resets_total).toBe(0);
    line.heal();
    await expect.poll(() => stateOf('storage-a'), patience).toBe('active');
    await useAll('healed');
  }, 60_000);
});
