import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/control-plane/client.ts';
import { type RunningControlPlane, startControlPlane } from '../../src/control-plane/server.ts';
import { ManualClock, systemClock } from '../../src/shared/clock.ts';
import { controlLinkLimits } from '../../src/shared/control-link/limits.ts';
import { registerNode } from '../../src/shared/control-link/register-node.ts';
import { StateWatcher } from '../../src/shared/control-link/state-watcher.ts';
import { silentLog } from '../../src/shared/process.ts';
import { TokenVerifier } from '../../src/tokens/verifier.ts';
import { claims, node } from './fixtures.ts';

const fleetSecret = 'a secret of this test only';
const account = 'default';
let folder: string;
let server: RunningControlPlane;
const watchers: StateWatcher[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-control-'));
  server = await startControlPlane({ dataDir: folder, fleetSecret, expectedNodes: 1 });
});
afterEach(async () => {
  await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
  await server.drain(1_000);
  rmSync(folder, { recursive: true, force: true });
});

const authorized = { authorization: `Bearer ${fleetSecret}` };
const get = (path: string, headers: Record<string, string> = authorized) => fetch(server.url + path, { headers });
const post = (path: string, body: string, headers: Record<string, string> = authorized) =>
  fetch(server.url + path, { method: 'POST', headers, body });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

async function watcher(id: string, more: { processUrl?: string } = {}): Promise<StateWatcher> {
  const started = new StateWatcher({
    urls: [server.url],
    fleetSecret,
    fetch,
    id,
    role: 'gateway',
    clock: systemClock,
    log: silentLog,
    ...more,
  });
  watchers.push(started);
  await started.start();
  return started;
}

const clientOf = (source: StateWatcher) =>
  new ControlClient({ urls: [server.url], fleetSecret, fetch, source, clock: systemClock });

/** A poll by hand: a watcher whose acknowledgements the test decides. */
const pollState = (id: string, revision: number, waitMs: number, held = revision) =>
  get(
    `/internal/v1/state?${new URLSearchParams({
      watcher: id,
      role: 'gateway',
      view: '0',
      registry: String(held),
      tokens: String(held),
      processes: String(held),
      revision: String(revision),
      wait_ms: String(waitMs),
    })}`,
  ).then((response) => response.json() as Promise<{ revision: number }>);

describe('control plane: listener', () => {
  it('every call but the health check needs the fleet’s secret', async () => {
    for (const path of ['/internal/v1/metrics', '/internal/v1/state', '/internal/v1/nodes', '/nothing']) {
      for (const authorization of [undefined, 'Bearer wrong', fleetSecret, `bearer ${fleetSecret}x`]) {
        const response = await get(path, authorization === undefined ? {} : { authorization });
        expect(response.status).toBe(401);
        expect(await codeOf(response)).toBe('authentication_required');
      }
    }
    expect(await (await get('/internal/v1/health', {})).json()).toEqual({ status: 'ok' });
  });

  it('unknown paths, other methods and bodies without their shape are refused as problems', async () => {
    expect((await get('/nothing')).status).toBe(404);
    const wrongMethod = await get('/internal/v1/nodes');
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
    for (const body of ['', 'nonsense', '[]', '{}', '{"id":"a"}', 'null', '{"__proto__":{"id":"a"}}']) {
      const response = await post('/internal/v1/nodes', body);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await codeOf(response)).toBe('malformed_body');
    }
    expect(await codeOf(await get('/internal/v1/state?watcher=g'))).toBe('invalid_argument');
  });

  it('odd request targets are unknown paths, never a failure', async () => {
    const { hostname, port } = new URL(server.url);
    for (const path of [
      '//',
      '/internal/v1/health/',
      '/internal%2fv1/health',
      '/internal/v1/../v1/nodes',
      '*',
      '/?%',
    ]) {
      const status = await new Promise((resolve, reject) => {
        const call = request({ hostname, port, path, headers: authorized }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        call.on('error', reject).end();
      });
      expect(status, path).toBe(404);
    }
  });

  it('a body past the bound is cut off while it arrives, whatever its headers say', async () => {
    const response = await new Promise<{ status: number | undefined; code: string }>((resolve, reject) => {
      const call = request(`${server.url}/internal/v1/nodes`, { method: 'POST', headers: authorized }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () => resolve({ status: answer.statusCode, code: JSON.parse(text).code }));
      });
      call.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
      });
      // Chunked, and never ended.
      call.write(Buffer.alloc(65 * 1_024, 0x20));
    });
    expect(response).toEqual({ status: 413, code: 'body_too_large' });
  });

  it('metrics tell what the statistics hold', async () => {
    await (await post('/internal/v1/nodes', JSON.stringify(node('a-1')))).json();
    const text = await (await get('/internal/v1/metrics')).text();
    expect(text).toMatch(/^# HELP godwit_control_revision .+\n# TYPE godwit_control_revision gauge\n/);
    expect(text).toContain(`\ngodwit_control_view_number ${server.statistics().control!.view_number}\n`);
    expect(text).toContain('\n# TYPE godwit_control_mutations_total counter\n');
  });

  it('draining answers the waiting polls and frees the port and the store', async () => {
    const { revision } = await pollState('g', 0, 0);
    const waiting = pollState('g', revision, 20_000);
    while (server.statistics().control!.waiters === 0) await setImmediate();
    await server.drain(5_000);
    await waiting;
    await expect(get('/internal/v1/health')).rejects.toThrow();
    server = await startControlPlane({ dataDir: folder, fleetSecret });
  });
});

describe('control plane: start', () => {
  it('the admin key is made on the first start, for its owner only, and is kept', async () => {
    const file = join(folder, 'admin.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = readFileSync(file, 'utf8');
    const source = await watcher('g');
    const verifier = new TokenVerifier({ clock: systemClock });
    verifier.update(source.current().tokens);
    const session = await verifier.verify(key.trim());
    expect(session.permissions.isSuperUser).toBe(true);
    expect(session.account).toBe('default');
    await source.stop();
    await server.drain(1_000);
    server = await startControlPlane({ dataDir: folder, fleetSecret });
    expect(readFileSync(file, 'utf8')).toBe(key);
  });

  it('a damaged database is one clear error that names its role', async () => {
    await server.drain(1_000);
    rmSync(join(folder, 'control.sqlite-wal'), { force: true });
    writeFileSync(join(folder, 'control.sqlite'), 'no database at all, whatever its name may say '.repeat(50));
    const failure = startControlPlane({ dataDir: folder, fleetSecret });
    await expect(failure).rejects.toMatchObject({ name: 'StoreError', reason: 'corrupt' });
    await expect(failure).rejects.toThrow(/^the control plane's database .+: restore it from a copy/);
  });

  it('a second control plane on the data directory, and a port in use, are refused', async () => {
    await expect(startControlPlane({ dataDir: folder, fleetSecret })).rejects.toMatchObject({ reason: 'in_use' });
    const other = mkdtempSync(join(tmpdir(), 'godwit-control-'));
    const port = Number(new URL(server.url).port);
    await expect(startControlPlane({ dataDir: other, fleetSecret, port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    // The store was let go.
    await (await startControlPlane({ dataDir: other, fleetSecret })).drain(1_000);
    rmSync(other, { recursive: true, force: true });
  });

  // Skipped for root, to whom no file is unreadable.
  it.skipIf(process.getuid?.() === 0)('a data directory without rights is unreadable', async () => {
    const closed = join(folder, 'closed');
    await (await startControlPlane({ dataDir: closed, fleetSecret })).drain(1_000);
    chmodSync(closed, 0o500);
    await expect(startControlPlane({ dataDir: closed, fleetSecret })).rejects.toMatchObject({ reason: 'unreadable' });
    chmodSync(closed, 0o700);
  });

  it('a short fleet secret is refused', async () => {
    await expect(startControlPlane({ dataDir: folder, fleetSecret: 'short' })).rejects.toThrow(RangeError);
  });
});

describe('control plane: an answered change is visible everywhere', () => {
  it('a revocation is answered after both watchers have applied it', async () => {
    const [first, second] = [await watcher('g-1'), await watcher('g-2')];
    const client = clientOf(first);
    const { answer } = await client.issueToken({ account, claims: claims(systemClock) });
    const { revision } = await client.revokeToken({ account, jti: answer.jti, by_super_user: false });
    for (const each of [first, second]) {
      expect(each.current().tokens.revocations.map(({ jti }) => jti)).toEqual([answer.jti]);
      expect(each.current().revision).toBeGreaterThanOrEqual(revision);
    }
    expect(server.statistics().control!.acknowledge_timeouts).toBe(0);
  });

  it('the answer waits for the acknowledgement of a watcher that is slow to apply', async () => {
    const source = await watcher('g-1');
    const { revision } = await pollState('slow', 0, 0);
    await pollState('slow', revision, 0);
    let answered = false;
    const change = clientOf(source)
      .createCache({ account, name: 'a', settings: {} })
      .then((result) => {
        answered = true;
        return result;
      });
    const seen = await pollState('slow', revision, 5_000);
    await pollState('slow', revision, 0, seen.revision);
    expect(answered).toBe(false);
    await pollState('slow', seen.revision, 0);
    expect((await change).revision).toBe(seen.revision);
    expect(server.statistics().control!.acknowledge_timeouts).toBe(0);
  });

  it('a dead watcher delays a change by the bound at most', async () => {
    const source = await watcher('g-1');
    const { revision } = await pollState('dead', 0, 0);
    await pollState('dead', revision, 0);
    const startMs = systemClock.monotonicMs();
    await clientOf(source).createCache({ account, name: 'a', settings: {} });
    const tookMs = systemClock.monotonicMs() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(controlLinkLimits.acknowledgeMsMax - 50);
    expect(tookMs).toBeLessThan(controlLinkLimits.acknowledgeMsMax + 700);
    expect(server.statistics().control!.acknowledge_timeouts).toBe(1);
  });

  it('a rotated key is known to the watchers before it signs', async () => {
    const source = await watcher('g-1');
    const client = clientOf(source);
    const verifier = new TokenVerifier({ clock: systemClock });
    verifier.update(source.current().tokens);
    source.onChange((state) => verifier.update(state.tokens));
    const rotation = client.rotateKeys({ account });
    for (let i = 0; i < 20; i++) {
      const { answer } = await client.issueToken({ account, claims: claims(systemClock) });
      await expect(verifier.verify(answer.token)).resolves.toMatchObject({ jti: answer.jti });
    }
    expect(source.current().tokens.keys[0]!.kid).toBe((await rotation).answer.kid);
  });
});

describe('control plane: over the wire', () => {
  it('a node registers and every watcher gets the view', async () => {
    const source = await watcher('g-1');
    const seen = new Promise<number>((resolve) => {
      source.onChange((state) => {
        if (state.view.slots[0]![2].length > 0) resolve(state.view.number);
      });
    });
    const registered = await registerNode({
      urls: [server.url],
      fleetSecret,
      fetch,
      registration: node('a-1'),
      log: silentLog,
      signal: new AbortController().signal,
    });
    expect(await seen).toBe(registered.view);
  });

  it('a watcher with an internal URL is listed among the processes', async () => {
    const source = await watcher('g-1', { processUrl: 'http://127.0.0.1:9' });
    await source.refresh(1_000);
    const listed = { id: 'g-1', role: 'gateway', url: 'http://127.0.0.1:9' };
    const isListed = () => source.current().processes.list.some(({ id }) => id === listed.id);
    for (let i = 0; i < 20 && !isListed(); i++) await source.refresh(1_000);
    expect(source.current().processes.list).toContainEqual(listed);
    expect(source.current().processes.list).toContainEqual({ id: 'control', role: 'control', url: server.url });
  });

  it('every call of the client goes there and back', async () => {
    const source = await watcher('g-1');
    const client = clientOf(source);
    const idempotency = { key: 'k', fingerprint: 'f' };
    const created = await client.createCache({ account, name: 'a', settings: { eviction: 'none' }, idempotency });
    expect(source.current().registry.caches.map(({ name }) => name)).toEqual(['default', 'a']);
    const again = await client.createCache({ account, name: 'a', settings: { eviction: 'none' }, idempotency });
    expect([created.replayed, again.replayed, again.answer]).toEqual([false, true, created.answer]);
    const updated = await client.updateCache({ account, name: 'a', settings: { cache_control: 'private' } });
    expect(updated.answer.record.settings).toMatchObject({ cache_control: 'private', eviction: 'none' });
    const flushed = await client.flushCache({ account, name: 'a' });
    expect(flushed.answer.record.namespace).toBe(created.answer.record.namespace + 1);
    expect((await client.listCaches({ account, limit: 1 })).answer).toMatchObject({ items: [{ name: 'a' }] });
    await client.deleteCache({ account, name: 'a' });
    await expect(client.deleteCache({ account, name: 'a' })).rejects.toMatchObject({ code: 'cache_not_found' });
    const order = claims(systemClock);
    const { exp, ...shared } = order;
    const refresh = { ...shared, exp: exp!, duration_seconds: 3_600 };
    const issued = await client.issueToken({ account, claims: order, refresh, description: 'of a test' });
    const renewed = await client.refreshToken({ account, refresh_token: issued.answer.refresh_token! });
    expect(renewed.answer.jti).toBe(order.jti);
    const listed = (await client.listTokens({ account })).answer.items.find(({ jti }) => jti === order.jti);
    expect(listed).toMatchObject({ description: 'of a test', revoked: false });
    await client.revokeToken({ account, jti: order.jti, by_super_user: false });
    await expect(client.refreshToken({ account, refresh_token: renewed.answer.refresh_token! })).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });

  it('a watcher keeps its state while the control plane is gone, and catches up when it is back', async () => {
    const source = await watcher('g-1');
    const before = source.current();
    const port = Number(new URL(server.url).port);
    await server.drain(1_000);
    await expect(source.refresh(2_000)).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    expect(source.current().registry).toBe(before.registry);
    server = await startControlPlane({ dataDir: folder, fleetSecret, port, clock: new ManualClock() });
    await clientOf(source).createCache({ account, name: 'later', settings: {} });
    expect(source.current().registry.caches.map(({ name }) => name)).toContain('later');
  });
});
