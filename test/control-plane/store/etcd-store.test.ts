import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type CoordinationStore,
  type StoreEntry,
  storeLimits,
} from '../../../src/control-plane/store/coordination-store.ts';
import { etcdLimits } from '../../../src/control-plane/store/etcd/limits.ts';
import { etcdPaths } from '../../../src/control-plane/store/etcd/messages.ts';
import { type EtcdStoreOptions, openEtcdStore } from '../../../src/control-plane/store/etcd-store.ts';
import { FencedStore } from '../../../src/control-plane/store/fenced-store.ts';
import { coordinationStoreConformance } from '../../conformance/coordination-store.ts';
import { fleetEventsConformance } from '../../conformance/fleet-events.ts';
import { endTestEtcds, hasEtcd, TestEtcd } from '../../support/etcd.ts';
import { EtcdProxy, type ProxyMood } from '../../support/etcd-proxy.ts';

let prefixes = 0;
const opened: CoordinationStore[] = [];
const proxies: EtcdProxy[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const proxy of proxies.splice(0)) await proxy.stop();
});
afterAll(endTestEtcds);

function storeOn(endpoints: readonly string[], more: Partial<EtcdStoreOptions> = {}): CoordinationStore {
  const store = openEtcdStore({ endpoints, prefix: `test-${++prefixes}/`, random: Math.random, ...more });
  opened.push(store);
  return store;
}

async function proxyTo(url: string): Promise<EtcdProxy> {
  const proxy = await EtcdProxy.start(url);
  proxies.push(proxy);
  return proxy;
}

/** A server's own API, for what the store does not use. */
async function callEtcd(url: string, path: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers });
  return (await response.json()) as Record<string, never>;
}

const patience = { timeout: 8_000, interval: 10 };

describe.runIf(hasEtcd)('etcd store: one server', () => {
  let etcd: TestEtcd;
  beforeAll(async () => {
    etcd = await TestEtcd.start(1, ['--unsafe-no-fsync']);
  });
  afterAll(() => etcd.stop());

  coordinationStoreConformance('etcd', async () => ({
    store: storeOn(etcd.urls),
    passTime: async (ms) => void (await pause(ms)),
  }));
  fleetEventsConformance('etcd', async () => storeOn(etcd.urls));

  it('list: gives more than a page, as of one revision', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    const store = storeOn([proxy.url]);
    const count = etcdLimits.listPageEntries + 20;
    for (let first = 0; first < count; first += 100) {
      const keys = Array.from(
        { length: Math.min(100, count - first) },
        (_, i) => `k${String(first + i).padStart(4, '0')}`,
      );
      await store.transact({ puts: keys.map((key) => ({ key, value: 'old' })) });
    }
    // Between the first page and the second the last entry is overwritten.
    let ranges = 0;
    proxy.mood = async (path): Promise<ProxyMood> => {
      if (path === etcdPaths.range && ++ranges === 2) {
        await store.transact({ puts: [{ key: `k${String(count - 1).padStart(4, '0')}`, value: 'new' }] });
      }
      return 'pass';
    };
    const entries = await store.list('k');
    expect(ranges).toBe(2);
    expect(entries).toHaveLength(count);
    expect(new Set(entries.map(({ value }) => value))).toEqual(new Set(['old']));
    expect(await store.list('k', { after: 'k0009', limit: 3 })).toMatchObject([
      { key: 'k0010' },
      { key: 'k0011' },
      { key: 'k0012' },
    ]);
  });

  it('fleets with prefixes of their own do not see each other', async () => {
    const [one, other] = [storeOn(etcd.urls), storeOn(etcd.urls)];
    await one.transact({ puts: [{ key: 'a', value: '1' }] });
    expect(await other.get('a')).toBeUndefined();
    expect(await other.list('a')).toEqual([]);
  });

  it('transact: an answer that is lost leaves the outcome unknown, and it is not sent again', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    const store = storeOn([proxy.url]);
    proxy.mood = (path) => (path === etcdPaths.txn ? 'lose' : 'pass');
    const puts = [{ key: 'a', value: '1' }];
    await expect(store.transact({ puts })).rejects.toMatchObject({
      name: 'StoreError',
      reason: 'unreachable',
      outcome: 'unknown',
    });
    expect(proxy.calls.get(etcdPaths.txn)).toBe(1);
    // This one had happened.
    expect(await store.get('a')).toMatchObject({ value: '1' });
  });

  it('transact: what no server took is certainly not done', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    const { url } = proxy;
    await proxy.stop();
    const store = storeOn([url]);
    await expect(store.transact({ puts: [{ key: 'a', value: '1' }] })).rejects.toMatchObject({
      reason: 'unreachable',
      outcome: 'not_done',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('get: asks the next server when one does not answer', async () => {
    const [silent, good] = [await proxyTo(etcd.urls[0]!), await proxyTo(etcd.urls[0]!)];
    silent.mood = () => 'hang';
    const store = storeOn([silent.url, good.url]);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('a')).toBeUndefined();
    // The silent one was asked once: calls stay with the server that answers.
    expect([silent.calls.get(etcdPaths.range), good.calls.get(etcdPaths.range)]).toEqual([1, 2]);
  });

  it('fence: a transaction that was under way when its tenure ended has no effect', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    const prefix = `test-${++prefixes}/`;
    const [former, other] = [storeOn([proxy.url], { prefix }), storeOn(etcd.urls, { prefix })];
    const lease = await former.grantLease(storeLimits.leaseTtlMsMin);
    const elected = await former.transact({ puts: [{ key: 'leader', value: 'former', lease: lease.id }] });
    const ended: string[] = [];
    const tenure = {
      fence: { key: 'leader', modRevision: elected.done ? elected.revision : 0 },
      isCurrent: () => true,
      end: (reason: string) => void ended.push(reason),
      resign: (reason: string) => void ended.push(reason),
    };
    const fenced = new FencedStore(former, tenure);
    expect((await fenced.transact({ puts: [{ key: 'a', value: 'first' }] })).done).toBe(true);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    proxy.mood = async (path): Promise<ProxyMood> => {
      if (path === etcdPaths.txn) await held;
      return 'pass';
    };
    const late = fenced.transact({ puts: [{ key: 'a', value: 'late' }] });
    await expect.poll(() => proxy.calls.get(etcdPaths.txn), patience).toBe(3);
    await other.endLease(lease.id);
    await other.transact({ puts: [{ key: 'leader', value: 'successor' }] });
    release();
    expect(await late).toEqual({ done: false });
    expect(await other.get('a')).toMatchObject({ value: 'first' });
    expect(ended).toEqual(['a transaction was refused']);
  });

  it('close: lets go of calls that wait for an answer', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    proxy.mood = () => 'hang';
    const store = storeOn([proxy.url]);
    const waiting = store.get('a');
    await store.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  });

  function watched(store: CoordinationStore) {
    const showings: (readonly StoreEntry[])[] = [];
    store.watch('w/', (entries) => showings.push(entries));
    return () => showings.at(-1)?.map(({ value }) => value);
  }

  it('watch: a stream that has gone silent costs time and no change, and is opened anew', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    const store = storeOn([proxy.url]);
    let streams = 0;
    proxy.mood = (path) => (path === etcdPaths.watch && ++streams === 1 ? 'mute' : 'pass');
    const last = watched(store);
    await expect.poll(last, patience).toEqual([]);
    await store.transact({ puts: [{ key: 'w/1', value: 'a' }] });
    await expect.poll(last, patience).toEqual(['a']);
    await expect.poll(() => streams, patience).toBe(2);
    await store.transact({ puts: [{ key: 'w/1', value: 'b' }] });
    await expect.poll(last, patience).toEqual(['b']);
    // The new stream told of it, so that it stays.
    expect(streams).toBe(2);
  });

  it('compact: history goes, a watch stays, and a second time is refused and changes nothing', async () => {
    const store = storeOn(etcd.urls, { prefix: 'compacted/' });
    const last = watched(store);
    const first = await store.transact({ puts: [{ key: 'w/1', value: 'a' }] });
    await store.transact({ puts: [{ key: 'w/1', value: 'b' }] });
    await expect.poll(last, patience).toEqual(['b']);
    /** What etcd answers for the entry as it was after the first transaction. */
    const asItWas = () => {
      const key = Buffer.from('compacted/w/1').toString('base64');
      return callEtcd(etcd.urls[0]!, etcdPaths.range, { key, revision: String(first.done && first.revision) });
    };
    expect(await asItWas()).toMatchObject({ kvs: [{ value: Buffer.from('a').toString('base64') }] });
    const revision = await store.revision();
    await store.compact(revision);
    expect(await asItWas()).toMatchObject({ error: expect.stringContaining('has been compacted') });
    for (const past of [revision, 1]) {
      await expect(store.compact(past)).rejects.toMatchObject({ reason: 'refused', outcome: 'not_done' });
    }
    await expect(store.compact(revision + 1_000)).rejects.toMatchObject({ reason: 'refused' });
    expect(await store.get('w/1')).toMatchObject({ value: 'b' });
    await store.transact({ puts: [{ key: 'w/1', value: 'c' }] });
    await expect.poll(last, patience).toEqual(['c']);
  });

  it('watch: survives the compaction of the revision that its stream begins at', async () => {
    const proxy = await proxyTo(etcd.urls[0]!);
    const store = storeOn([proxy.url]);
    let streams = 0;
    proxy.mood = async (path): Promise<ProxyMood> => {
      if (path !== etcdPaths.watch || ++streams > 1) return 'pass';
      await store.transact({ puts: [{ key: 'w/1', value: 'a' }] });
      const outcome = await store.transact({ puts: [{ key: 'w/1', value: 'b' }] });
      await store.compact(outcome.done ? outcome.revision : 0);
      return 'pass';
    };
    const last = watched(store);
    await expect.poll(last, patience).toEqual(['b']);
    await expect.poll(() => streams, patience).toBeGreaterThan(1);
    await store.transact({ puts: [{ key: 'w/1', value: 'c' }] });
    await expect.poll(last, patience).toEqual(['c']);
  });

  it('a server that wants a password gets one, again when its token is over, and a wrong one is refused', async () => {
    const [url] = etcd.urls as [string];
    const credentials = { name: 'root', password: 'a password' };
    await callEtcd(url, '/v3/auth/user/add', credentials);
    await callEtcd(url, '/v3/auth/user/grant', { user: 'root', role: 'root' });
    await callEtcd(url, '/v3/auth/enable', {});
    try {
      await expect(storeOn(etcd.urls).get('a')).rejects.toMatchObject({ reason: 'refused', outcome: 'not_done' });
      const wrong = { name: 'root', password: 'another' };
      await expect(storeOn(etcd.urls, { credentials: wrong }).get('a')).rejects.toMatchObject({ reason: 'refused' });
      const [store, watching, probe] = [1, 2, 3].map(() => storeOn(etcd.urls, { credentials, prefix: 'shared/' }));
      const last = watched(watching!);
      await store!.transact({ puts: [{ key: 'w/1', value: 'a' }] });
      await expect.poll(last, patience).toEqual(['a']);
      // A restart forgets all simple tokens.
      await etcd.kill(0);
      etcd.launch(0);
      await expect.poll(() => probe!.get('w/1').catch(() => undefined), patience).toMatchObject({ value: 'a' });
      expect((await store!.transact({ puts: [{ key: 'w/1', value: 'b' }] })).done).toBe(true);
      await expect.poll(last, patience).toEqual(['b']);
    } finally {
      const { token } = await callEtcd(url, '/v3/auth/authenticate', credentials);
      await callEtcd(url, '/v3/auth/disable', {}, { authorization: token! });
    }
  });
});

describe.runIf(hasEtcd)('etcd store: a server whose tokens name the state of its users', () => {
  it('a change of users makes tokens old, and is refused to nobody', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-etcd-jwt-'));
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const [publicFile, privateFile] = [join(folder, 'public.pem'), join(folder, 'private.pem')];
    writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(privateFile, privateKey.export({ type: 'pkcs1', format: 'pem' }));
    const token = `--auth-token=jwt,pub-key=${publicFile},priv-key=${privateFile},sign-method=RS256,ttl=10m`;
    const etcd = await TestEtcd.start(1, ['--unsafe-no-fsync', token]);
    try {
      const [url] = etcd.urls as [string];
      const credentials = { name: 'root', password: 'a password' };
      await callEtcd(url, '/v3/auth/user/add', credentials);
      await callEtcd(url, '/v3/auth/user/grant', { user: 'root', role: 'root' });
      await callEtcd(url, '/v3/auth/enable', {});
      const store = storeOn(etcd.urls, { credentials });
      expect((await store.transact({ puts: [{ key: 'a', value: '1' }] })).done).toBe(true);
      const { token: root } = await callEtcd(url, '/v3/auth/authenticate', credentials);
      await callEtcd(url, '/v3/auth/user/add', { name: 'other', password: 'p' }, { authorization: root! });
      expect((await store.transact({ puts: [{ key: 'a', value: '2' }] })).done).toBe(true);
      expect(await store.get('a')).toMatchObject({ value: '2' });
    } finally {
      await etcd.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.runIf(hasEtcd)('etcd store: three servers', () => {
  let etcd: TestEtcd;
  beforeAll(async () => {
    etcd = await TestEtcd.start(3, ['--unsafe-no-fsync', '--heartbeat-interval=50', '--election-timeout=500']);
  });
  afterAll(() => etcd.stop());

  it('goes on while one server is dead, and while another is stopped', async () => {
    const store = storeOn(etcd.urls);
    const showings: string[] = [];
    store.watch('n', (entries) => showings.push(entries[0]?.value ?? ''));
    let written = 0;
    /** Writes until one is done; reads before each further try what has become of the one before. */
    const write = async () => {
      const value = String(++written);
      const deadlineMs = performance.now() + 15_000;
      while (performance.now() < deadlineMs) {
        const entry = await store.get('n').catch(() => null);
        if (entry === null) continue;
        if (entry?.value === value) return;
        const compare = [{ key: 'n', modRevision: entry?.modRevision ?? 0 }];
        const outcome = await store.transact({ compare, puts: [{ key: 'n', value }] }).catch(() => undefined);
        if (outcome?.done) return;
      }
      throw new Error('no write was done in time');
    };
    const seen = () => showings.at(-1);
    await write();
    for (let index = 0; index < 3; index++) {
      await etcd.kill(index);
      await write();
      await expect.poll(seen, patience).toBe(String(written));
      etcd.launch(index);
      await etcd.untilReady();
      etcd.pause(index);
      await write();
      await expect.poll(seen, patience).toBe(String(written));
      etcd.resume(index);
      await etcd.untilReady();
    }
    const shown = showings.filter((value) => value !== '').map(Number);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
  }, 60_000);

  it('without a majority nothing is done, and all goes on when it is back', async () => {
    const store = storeOn(etcd.urls);
    await store.transact({ puts: [{ key: 'a', value: '1' }] });
    await etcd.kill(1);
    await etcd.kill(2);
    await expect(store.get('a')).rejects.toMatchObject({ name: 'StoreError', outcome: 'not_done' });
    await expect(store.transact({ puts: [{ key: 'a', value: '2' }] })).rejects.toMatchObject({ name: 'StoreError' });
    etcd.launch(1);
    etcd.launch(2);
    await etcd.untilReady();
    // Whether the second happened was unknown, but it is not half there.
    expect(['1', '2']).toContain((await store.get('a'))?.value);
  }, 60_000);
});
