import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { patience, RealFleet } from './real-fleet.ts';
import { endRunningProcesses, isAlive } from './running-process.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-upgrade-'));
});
afterEach(endRunningProcesses);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const values = 200;

/** A publisher, a writer and a reader, one request at a time each; notes what failed, and what the topic answered. */
class LightLoad {
  readonly failures: string[] = [];
  readonly published: { readonly page: string; readonly number: number }[] = [];
  requests = 0;
  readonly #fleet: RealFleet;
  readonly #loops: Promise<void>[];
  #goesOn = true;

  constructor(fleet: RealFleet) {
    this.#fleet = fleet;
    this.#loops = [
      this.#loop(() => this.publish()),
      this.#loop((round) => this.#write(`w${round % 50}`, `round ${round}`)),
      this.#loop((round) => this.#read(`k${round % values}`, `value ${round % values}`)),
    ];
  }

  async stop(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#loops);
  }

  async publish(): Promise<void> {
    const { status, headers } = await this.#call('/topics/default/news', { method: 'POST', body: 'news' });
    if (status !== 204) return;
    const [page, number] = ['page', 'number'].map((name) => headers.get(`godwit-sequence-${name}`)!);
    this.published.push({ page: page!, number: Number(number) });
  }

  async #write(key: string, value: string): Promise<void> {
    await this.#call(`/cache/default?key=${key}`, { method: 'PUT', body: value });
    await this.#read(key, value);
  }

  async #read(key: string, value: string): Promise<void> {
    const answer = await this.#call(`/cache/default?key=${key}`);
    const found = answer.status === 200 ? await answer.text() : '';
    if (found !== value) this.failures.push(`${key}: '${found}' where '${value}' was written`);
  }

  async #call(path: string, init?: RequestInit): Promise<Response> {
    this.requests += 1;
    const answer = await this.#fleet.call(path, init);
    if (answer.status >= 300) this.failures.push(`${init?.method ?? 'GET'} ${path}: ${answer.status}`);
    return answer;
  }

  async #loop(request: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; this.#goesOn; round += 1) {
      await request(round).catch((error: Error) => this.failures.push(`${error.message}: ${error.cause}`));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

test('godwit fleet upgrade: every process is another one after it, and clients lose nothing and notice nothing', async () => {
  const fleet = await RealFleet.start(directory, ['--gateways=1']);
  for (let key = 0; key < values; key += 1) {
    const stored = await fleet.call(`/cache/default?key=k${key}`, { method: 'PUT', body: `value ${key}` });
    expect(stored.status).toBe(204);
  }
  const before = fleet.pids();
  expect(before).toHaveLength(5);

  const load = new LightLoad(fleet);
  const upgraded = await fleet.run('fleet', 'upgrade');
  await load.publish();
  await load.stop();
  expect(upgraded).toMatchObject({ code: 0, stdout: 'every process runs the code that is on the disk now\n' });

  expect(load.failures).toEqual([]);
  expect(load.requests).toBeGreaterThan(300);
  const after = fleet.pids();
  expect(after).toHaveLength(5);
  expect(before.filter((pid) => after.includes(pid) || isAlive(pid))).toEqual([]);

  const [page] = load.published.map((message) => message.page);
  const numbers = load.published.map(({ number }) => number);
  // two publishers for the last one
  expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers.map((_, index) => index + 1));
  expect(load.published.filter((message) => message.page !== page)).toEqual([]);
  for (let key = 0; key < values; key += 1) {
    expect(await (await fleet.call(`/cache/default?key=k${key}`)).text()).toBe(`value ${key}`);
  }
  const events = (await fleet.events()).map(({ kind }) => kind);
  expect(events).not.toContain('reset');
  await fleet.stop();
}, 180_000);

test('a stop in the middle of an upgrade: the node that leaves hands nothing more over, and none is cut off', async () => {
  const fleet = await RealFleet.start(directory, ['--gateways=1']);
  const upgrade = fleet.run('fleet', 'upgrade');
  await vi.waitFor(async () => {
    const { nodes } = await fleet.status();
    expect(nodes.map(({ state }) => state)).toContain('draining');
  }, patience);
  const pids = fleet.pids();
  await fleet.stop();
  expect(fleet.process.stdout + fleet.process.stderr).toContain('left before all slots were taken over');
  expect(fleet.process.stdout + fleet.process.stderr).not.toContain('cut off');
  expect(pids.filter(isAlive)).toEqual([]);
  expect((await upgrade).code).toBe(1);
}, 120_000);
