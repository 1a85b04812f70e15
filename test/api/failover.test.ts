import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../support/fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet({ replicationFactor: 2, gateways: 2 });
}, 60_000);
afterAll(() => fleet.stop(), 60_000);

const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);

async function item(url: string, key: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(`${url}/cache/default?key=${key}`, {
    ...init,
    headers: { authorization: `Bearer ${fleet.adminToken}`, ...init.headers },
  });
  return [response.status, await response.text()];
}

let marks = 0;
const put = (url: string, key: string, value: string) =>
  item(url, key, { method: 'PUT', body: value, headers: { 'idempotency-key': `mark-${marks++}` } });

/** Stores and reads every key through every gateway; tells of what was not as it should be. */
async function useAll(round: string): Promise<unknown[]> {
  const wrong: unknown[] = [];
  await Promise.all(
    fleet.urls.map(async (url, gateway) => {
      for (const key of keys) {
        const value = `${key} ${round} ${gateway}`;
        const stored = await put(url, `${key}-${gateway}`, value);
        const read = await item(url, `${key}-${gateway}`);
        if (stored[0] !== 204 || read[0] !== 200 || read[1] !== value) wrong.push([key, stored, read]);
      }
    }),
  );
  return wrong;
}

/** Sum of the samples of a metric whose labels hold this text. */
async function counted(name: string, labels = ''): Promise<number> {
  const response = await fetch(`${fleet.url}/metrics`, { headers: { authorization: `Bearer ${fleet.adminToken}` } });
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('a fleet with two copies of everything', () => {
  it('balanced reads are served, by copies in the gateway’s zone where there are any', async () => {
    expect(await useAll('first')).toEqual([]);
    const reads = keys.map((key) => item(fleet.url, `${key}-0`, { headers: { 'read-concern': 'balanced' } }));
    expect(await Promise.all(reads)).toEqual(keys.map((key) => [200, `${key} first 0`]));
    expect(await counted('godwit_reads_total{', 'concern="balanced"')).toBeGreaterThanOrEqual(keys.length);
    expect(await counted('godwit_reads_total{', 'concern="balanced",copy="copy"')).toBeGreaterThan(0);
  }, 60_000);

  it('a storage node goes: requests wait and are answered, and nothing that was answered is lost', async () => {
    const gone = fleet.nodes[1]!.drain(0);
    expect(await useAll('second')).toEqual([]);
    await gone;
    for (const key of keys) expect(await item(fleet.url, `${key}-1`)).toEqual([200, `${key} second 1`]);
    expect(await counted('godwit_unknown_outcomes_total')).toBe(0);
  }, 60_000);

  it('the control plane goes, too: gateways serve on by the last view', async () => {
    await fleet.control.drain(0);
    expect(await useAll('third')).toEqual([]);
  }, 60_000);
});
