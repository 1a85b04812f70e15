import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { entryKeys } from '../../src/control-plane/records.ts';
import { type CoordinationStore, StoreError } from '../../src/control-plane/store/coordination-store.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { withViewChanges } from '../../src/shared/control-link/view-check.ts';
import { cacheSettingsDefault, fleetStateSchema } from '../../src/shared/fleet-state.ts';
import { silentLog } from '../../src/shared/process.ts';
import { TokenVerifier } from '../../src/tokens/verifier.ts';
import { claims, node, openControl, overriding } from './fixtures.ts';

const nodes = ['a-1', 'b-1', 'c-1'];

describe('membership', () => {
  it('the first view is placed when the expected nodes have registered', async () => {
    const { control } = await openControl({ expectedNodes: 3 });
    for (const id of nodes.slice(0, 2)) await control.registerNode(node(id));
    expect(control.state.view.slots.every(([, , copies]) => copies.length === 0)).toBe(true);
    await control.registerNode(node('c-1'));
    expect(control.state.view.slots.every(([, , copies]) => copies.length === 1)).toBe(true);
    expect(fleetStateSchema.safeParse(control.state).success).toBe(true);
  });

  it('registering twice before the first view counts once', async () => {
    const { control } = await openControl({ expectedNodes: 2 });
    await control.registerNode(node('a-1'));
    await control.registerNode(node('a-1'));
    expect(control.state.view.slots[0]![2]).toEqual([]);
  });

  it('without an expected number the first view is placed once registrations are quiet', async () => {
    const { control, clock } = await openControl();
    await control.tick();
    await control.registerNode(node('a-1'));
    clock.advance(controlPlaneLimits.firstViewSettleMs - 1);
    await control.registerNode(node('b-1'));
    clock.advance(controlPlaneLimits.firstViewSettleMs - 1);
    await control.tick();
    expect(control.state.view.slots[0]![2]).toEqual([]);
    clock.advance(1);
    await control.tick();
    expect(new Set(control.state.view.slots.flatMap(([, , copies]) => copies))).toEqual(new Set([0, 1]));
  });

  it('one that registers again does not make the first view wait longer', async () => {
    const { control, clock } = await openControl();
    await control.registerNode(node('a-1'));
    clock.advance(controlPlaneLimits.firstViewSettleMs - 1);
    await control.registerNode(node('a-1'));
    clock.advance(1);
    await control.tick();
    expect(control.state.view.slots[0]![2]).toEqual([0]);
  });

  it('a late retry of a replaced incarnation is refused and resets nothing', async () => {
    const { control } = await openControl({ expectedNodes: 1 });
    await control.registerNode(node('a-1', 'x'));
    await control.steward.confirmDead('a-1/x');
    await control.registerNode(node('a-1', 'y'));
    const { view } = control.state;
    await expect(control.registerNode(node('a-1', 'x'))).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(control.state.view).toBe(view);
  });

  it('a process is listed, refreshed, and dropped once it has been silent', async () => {
    const { control, clock } = await openControl();
    await control.registerSelf('http://127.0.0.1:1');
    await control.registerProcess({ id: 'g-1', role: 'gateway', url: 'http://127.0.0.1:2' });
    await control.registerProcess({ id: 'g-1', role: 'gateway', url: 'http://127.0.0.1:3' });
    expect(control.state.processes.list.map(({ url }) => url)).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:3']);
    clock.advance(controlPlaneLimits.processSilentMs - 1);
    await control.tick();
    expect(control.state.processes.list).toHaveLength(2);
    clock.advance(1);
    await control.tick();
    expect(control.state.processes.list.map(({ role }) => role)).toEqual(['control']);
  });
});

describe('a control plane that is killed and opened again', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'godwit-control-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const store = () => openSqliteStore(join(folder, 'control.sqlite'));

  it('goes on with caches, namespaces, keys, grants, revocations, idempotency records and the view', async () => {
    const account = 'default';
    const { control: first, clock } = await openControl({ store: store(), expectedNodes: 3 });
    for (const id of nodes) await first.registerNode(node(id));
    await first.steward.confirmDead('b-1/b-1-life-1');
    await first.registerNode(node('b-1', 'b-1-life-2'));
    const create = { account, idempotency: { key: 'k', fingerprint: 'f' } };
    const created = await first.mutate(create, (state) => first.registry.create(state, account, 'mine', {}));
    await first.mutate({ account }, (state) => first.registry.flush(state, account, 'mine'));
    await first.mutate({ account }, (state) => first.registry.delete(state, account, 'mine'));
    const issue = async () => {
      const order = { claims: claims(clock) };
      return (await first.mutate({ account }, (state) => first.tokens.issue(state, order))).answer;
    };
    const [kept, revoked] = [await issue(), await issue()];
    await first.mutate({ account }, (state) =>
      first.tokens.revoke(state, { account, jti: revoked.jti, by_super_user: false }),
    );
    await first.rotateKeys({ account });
    const before = first.state;
    // The files as a kill at this moment leaves them: the write-ahead log is not folded in.
    const killed = join(folder, 'killed');
    for (const name of ['control.sqlite', 'control.sqlite-wal']) cpSync(join(folder, name), join(killed, name));
    await first.close();

    const reopened = openSqliteStore(join(killed, 'control.sqlite'));
    const { control: second } = await openControl({ store: reopened, expectedNodes: 3, clock });
    expect(second.state).toEqual(before);
    const verifier = new TokenVerifier({ clock });
    verifier.update(second.state.tokens);
    expect((await verifier.verify(kept.token)).jti).toBe(kept.jti);
    await expect(verifier.verify(revoked.token)).rejects.toMatchObject({ code: 'invalid_token' });
    const replay = await second.mutate(create, (state) => second.registry.create(state, account, 'mine', {}));
    expect(replay).toMatchObject({ replayed: true, answer: created.answer });
    const next = await second.mutate({ account }, (state) => second.registry.create(state, account, 'new', {}));
    expect(next.answer.record.namespace).toBe(created.answer.record.namespace + 2);
    expect(next.revision).toBeGreaterThan(before.revision);
    await second.close();
  });

  it('caches kept by a version that knew no shares of the memory have none, and can get one', async () => {
    const account = 'default';
    const old = store();
    const { control: first } = await openControl({ store: old });
    await first.mutate({ account }, (state) => first.registry.create(state, account, 'old', { eviction: 'none' }));
    const key = entryKeys.cache(account, 'old');
    const kept = await old.get(key);
    const record = JSON.parse(kept!.value) as { settings: Record<string, unknown> };
    delete record.settings['memory_share'];
    const rewritten = { key, value: JSON.stringify(record) };
    await old.transact({ compare: [{ key, modRevision: kept!.modRevision }], puts: [rewritten] });
    await first.close();

    const { control: second } = await openControl({ store: store() });
    const [, cache] = second.state.registry.caches;
    expect(cache!.settings).toEqual({ ...cacheSettingsDefault, eviction: 'none' });
    await second.mutate({ account }, (state) => second.registry.update(state, account, 'old', { memory_share: 0.25 }));
    await second.close();
    const { control: third } = await openControl({ store: store() });
    expect(third.state.registry.caches[1]!.settings.memory_share).toBe(0.25);
    await third.close();
  });

  it('caches kept by a version that knew no topics get the defaults, and a topic space that a flush keeps', async () => {
    const account = 'default';
    const old = store();
    const { control: first } = await openControl({ store: old });
    await first.mutate({ account }, (state) => first.registry.create(state, account, 'old', { eviction: 'none' }));
    const key = entryKeys.cache(account, 'old');
    const kept = await old.get(key);
    const { topic_space: _, ...record } = JSON.parse(kept!.value) as {
      namespace: number;
      topic_space: number;
      settings: Record<string, unknown>;
    };
    for (const name of Object.keys(record.settings)) if (name.startsWith('topic_')) delete record.settings[name];
    const rewritten = { key, value: JSON.stringify(record) };
    await old.transact({ compare: [{ key, modRevision: kept!.modRevision }], puts: [rewritten] });
    await first.close();

    const { control: second } = await openControl({ store: store() });
    const { namespace } = record;
    const settings = { ...cacheSettingsDefault, eviction: 'none' };
    expect(second.state.registry.caches[1]).toMatchObject({ namespace, topic_space: namespace, settings });
    await second.mutate({ account }, (state) => second.registry.flush(state, account, 'old'));
    await second.close();
    const { control: third } = await openControl({ store: store() });
    expect(third.state.registry.caches[1]).toMatchObject({ namespace: namespace + 1, topic_space: namespace });
    await third.close();
  });

  it('a fleet that begins anew, its state lost, gives out none of the data epochs that it had before', async () => {
    const { control: first, clock } = await openControl({ expectedNodes: 1 });
    await first.registerNode(node('a-1', 'life-1'));
    await first.steward.confirmDead('a-1/life-1');
    await first.registerNode(node('a-1', 'life-2'));
    const [, before] = first.state.view.slots[0]!;
    await first.close();
    clock.advance(10_000);
    const { control: second } = await openControl({ expectedNodes: 1, clock });
    await second.registerNode(node('a-1', 'life-3'));
    expect(second.state.view.slots[0]![1]).toBeGreaterThan(before);
    await second.close();
  });

  it('nodes that come back with new lives restart their slots empty: data epochs grow over a full restart', async () => {
    const { control: first } = await openControl({ store: store(), expectedNodes: 3 });
    for (const id of nodes) await first.registerNode(node(id));
    const before = first.state.view;
    await first.close();
    const { control: second, clock } = await openControl({ store: store(), expectedNodes: 3 });
    await second.look();
    clock.advance(controlPlaneLimits.silentMs);
    for (const id of nodes) await second.registerNode(node(id, `${id}-life-2`));
    const after = second.state.view;
    expect(after.number).toBe(before.number + 3);
    for (const [slot, [epoch, dataEpoch, copies]] of after.slots.entries()) {
      expect([epoch, dataEpoch, copies]).toEqual([2, before.slots[slot]![1] + 1, before.slots[slot]![2]]);
    }
    await second.close();
  });

  it('nodes that start anew with it may be others: slots are placed over those that register', async () => {
    const { control: first } = await openControl({ store: store(), expectedNodes: 3 });
    for (const id of nodes) await first.registerNode(node(id));
    const before = first.state.view;
    await first.close();
    const options = { store: store(), expectedNodes: 2, nodesStartAnew: true };
    const { control: second } = await openControl(options);
    expect(second.state.view.slots.every(([, , copies]) => copies.length === 0)).toBe(true);
    // What the former ones held is lost, and said to be.
    expect(second.statistics().resets).toBe(before.slots.length);
    const lost = second.steward.events.list(10).filter(({ kind }) => kind === 'reset');
    expect(lost).toMatchObject([{ slots: before.slots.length, detail: expect.stringContaining('started anew') }]);
    for (const id of nodes.slice(0, 2)) await second.registerNode(node(id, `${id}-life-2`));
    expect(second.state.view.nodes).toHaveLength(2);
    for (const [slot, [epoch, dataEpoch, copies]] of second.state.view.slots.entries()) {
      expect([epoch, dataEpoch, copies.length]).toEqual([3, before.slots[slot]![1] + 1, 1]);
    }
    await second.close();
  });

  it('nodes that start anew with a control plane that gave slots to nobody: nothing is lost', async () => {
    const options = { store: store(), expectedNodes: 3, nodesStartAnew: true };
    const { control: first } = await openControl(options);
    await first.registerNode(node('a-1'));
    await first.close();
    const { control: second } = await openControl({ ...options, store: store() });
    expect(second.state.view.nodes).toEqual([]);
    expect([second.statistics().resets, second.steward.events.list(10).map(({ kind }) => kind)]).toEqual([
      0,
      ['node_registered'],
    ]);
    await second.close();
  });

  it('two control planes on one store: the one that lost its turn changes nothing', async () => {
    const shared = openSqliteStore(':memory:');
    const { control: former } = await openControl({ store: shared });
    const { control: leader } = await openControl({ store: shared });
    const create = (control: typeof leader, name: string) =>
      control.mutate({ account: 'a' }, (state) => control.registry.create(state, 'a', name, {}));
    await create(leader, 'by-leader');
    await expect(create(former, 'by-former')).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    const { control: reader } = await openControl({ store: shared });
    expect(reader.state.registry.caches.map(({ name }) => name).sort()).toEqual(['by-leader', 'default']);
  });

  it('one that takes over lets changes wait for those who followed the former one', async () => {
    const shared = openSqliteStore(':memory:');
    const { control: former, clock } = await openControl({ store: shared });
    await former.registerProcess({ id: 'g-1', role: 'gateway', url: 'http://127.0.0.1:2' });
    const { control: leader } = await openControl({ store: shared, clock, takesOver: true });
    expect(leader.statistics().watchers_live).toBe(1);
    const change = leader.mutate({ account: 'a' }, (state) => leader.registry.create(state, 'a', 'b', {}));
    while (leader.state.revision === former.state.revision) await Promise.resolve();
    const query = { watcher: 'g-1', role: 'gateway', view: 0, registry: 0, tokens: 0, processes: 0 } as const;
    const { revision } = leader.state;
    await leader.poll({ ...query, revision, wait_ms: 0 }, new AbortController().signal);
    expect((await change).revision).toBe(revision);
    expect(leader.statistics().acknowledge_timeouts).toBe(0);
  });

  it('a store entry that Godwit did not write is one clear error', async () => {
    const foreign = openSqliteStore(':memory:');
    await foreign.transact({ puts: [{ key: 'fleet/meta', value: '{"format":7}' }] });
    await expect(openControl({ store: foreign })).rejects.toMatchObject({
      name: 'StoreError',
      reason: 'corrupt',
      message: expect.stringContaining('counters entry'),
    });
  });
});

describe('a store that fails', () => {
  /** A store whose transactions fail while `failing` says so of what they put. */
  function failingStore() {
    const store = openSqliteStore(':memory:');
    const state = { failing: (_puts: string): boolean => false };
    const transact: CoordinationStore['transact'] = async (transaction) => {
      if (state.failing(JSON.stringify(transaction.puts ?? []))) throw new StoreError('failed', 'no space');
      return store.transact(transaction);
    };
    return { store: overriding(store, { transact }), state };
  }

  it('a change that cannot be stored is refused, seen by nobody, and can be made later', async () => {
    const { store, state } = failingStore();
    const { control } = await openControl({ store });
    const before = control.state;
    const create = () => control.mutate({ account: 'a' }, (fleet) => control.registry.create(fleet, 'a', 'b', {}));
    state.failing = () => true;
    await expect(create()).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    await control.tick();
    expect(control.state).toBe(before);
    state.failing = () => false;
    expect((await create()).answer.record.namespace).toBe(2);
    expect(control.statistics()).toMatchObject({ mutations: 1, mutations_refused: 1 });
  });

  it('a rotation that broke off between publishing and signing is taken up by the next one', async () => {
    const { store, state } = failingStore();
    const { control } = await openControl({ store });
    const [signing] = control.state.tokens.keys;
    state.failing = (puts) => puts.includes('retired');
    await expect(control.rotateKeys({ account: 'a' })).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    const [first, waiting] = control.state.tokens.keys;
    expect([first, control.state.tokens.keys.length]).toEqual([signing, 2]);
    state.failing = () => false;
    expect((await control.rotateKeys({ account: 'a' })).answer.kid).toBe(waiting!.kid);
    expect(control.state.tokens.keys.map(({ kid }) => kid)).toEqual([waiting!.kid, signing!.kid]);
  });

  it('tells a watcher what has changed since the view that it gave it, and gives whole views to all others', async () => {
    const { control } = await openControl({});
    const node = { id: 'n-1', zone: 'a', incarnation: 'x', url: 'http://127.0.0.1:1', weight: 1 };
    const query = {
      watcher: 'g',
      role: 'gateway',
      registry: 0,
      tokens: 0,
      processes: 0,
      revision: 0,
      wait_ms: 0,
    } as const;
    const poll = (view: number, view_source?: string) =>
      control.poll({ ...query, view, view_source }, new AbortController().signal);
    await control.registerNode(node);
    const whole = await poll(0, '');
    expect(whole.view).toBe(control.state.view);
    await control.registerNode({ ...node, id: 'n-2' });
    const held = whole.view!.number;
    const { view_changes: changes, ...more } = await poll(held, whole.view_source);
    expect(more.view).toBeUndefined();
    expect(withViewChanges(whole.view!, changes!)).toEqual(control.state.view);
    for (const source of [undefined, '', 'of-another'])
      expect((await poll(held, source)).view).toBe(control.state.view);
    const [number, source] = [control.state.view.number, whole.view_source];
    expect(await poll(number, source)).not.toHaveProperty('view_changes');
  });

  it('a watcher that has seen more than the store holds is said, once', async () => {
    const said: string[] = [];
    const log = { ...silentLog, error: (_fields: object, message: string) => said.push(message) };
    const { control } = await openControl({ log });
    const query = { watcher: 'g', role: 'gateway', view: 0, registry: 0, tokens: 0, processes: 0, wait_ms: 0 } as const;
    for (const revision of [control.state.revision, 1_000, 1_001]) {
      await control.poll({ ...query, revision }, new AbortController().signal);
    }
    expect(said).toEqual([expect.stringContaining('restart all gateways')]);
  });
});
