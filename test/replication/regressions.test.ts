import { describe, expect, it } from 'vitest';
import type { View } from '../../src/shared/fleet-state.ts';
import type { Proposal } from '../../src/storage-node/replication/environment.ts';
import type { Life, ReplicationMessage } from '../../src/storage-node/replication/messages.ts';
import { Replication } from '../../src/storage-node/replication/replication.ts';
import { replicationTimes } from '../../src/storage-node/replication/times.ts';
import { Choices } from '../api/fuzz/random.ts';
import { ModelStore, payloadOf } from './sim/store.ts';

/** What the simulator found, each as a schedule of its own. */

const ids = ['a', 'b', 'c'];

function viewOf(number: number, epoch: number, dataEpoch: number, copies: string, learners = ''): View {
  const nodes = ids.map((id) => {
    return { id, incarnation: '0', zone: id, url: 'http://127.0.0.1', weight: 1, state: 'active' as const };
  });
  const indices = (names: string): number[] => [...names].map((id) => ids.indexOf(id));
  return { number, nodes, slots: [[epoch, dataEpoch, indices(copies), indices(learners)]] };
}

/** Nodes on one clock, whose messages arrive when they are told to. */
class Nodes {
  nowMs = 0;
  readonly proposals: Proposal[] = [];
  /** Nodes that nothing comes from or goes to. */
  readonly cut = new Set<Life>();
  readonly stores = new Map<Life, ModelStore>();
  readonly #replications = new Map<Life, Replication>();
  readonly #underWay: { from: Life; to: Life; message: ReplicationMessage }[] = [];

  constructor() {
    for (const id of ids) {
      const self = `${id}/0`;
      const store = new ModelStore(new Choices(1));
      const environment = {
        nowMs: () => this.nowMs,
        send: (to: Life, message: ReplicationMessage) => void this.#underWay.push({ from: self, to, message }),
        propose: (proposal: Proposal) => void this.proposals.push(proposal),
        behind: () => {},
        onCommitted: () => {},
        onLost: () => {},
      };
      this.stores.set(self, store);
      this.#replications.set(self, new Replication({ self, environment, store, slots: 1 }));
    }
  }

  of(id: string): Replication {
    return this.#replications.get(`${id}/0`)!;
  }

  store(id: string): ModelStore {
    return this.stores.get(`${id}/0`)!;
  }

  /** A put at the primary, as its executor does it. */
  put(id: string, key: string, value: string): void {
    const sequence = this.of(id).nextSequence(0);
    const payload = payloadOf({ key, value });
    this.store(id).apply(0, { sequence, hash: 1, payload });
    if (this.of(id).hasFollowers(0)) this.of(id).append(0, 1, payload);
    else this.of(id).appendAlone(0);
    this.of(id).flush();
  }

  /** Lets time pass, with all messages arriving at once. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      for (const replication of this.#replications.values()) replication.onTick();
      while (this.#underWay.length > 0) {
        const { from, to, message } = this.#underWay.shift()!;
        if (this.cut.has(from) || this.cut.has(to)) continue;
        this.#replications.get(to)?.onMessage(from, message);
        this.#replications.get(to)?.flush();
      }
      this.nowMs += replicationTimes.tickMs;
    }
  }
}

describe('a slot that restarts empty', () => {
  // Its former primary could still have its lease: the copy that had promised it has ended, and took its word with it.
  it('is not served before the lease of a former primary must have ended', () => {
    const nodes = new Nodes();
    nodes.of('c').applyView(viewOf(7, 4, 2, 'c'));
    nodes.pass(replicationTimes.promiseMs - replicationTimes.tickMs);
    expect(nodes.of('c').admission(0)).toBe('not_ready');
    nodes.pass(2 * replicationTimes.tickMs);
    expect(nodes.of('c').admission(0)).toBe('serve');
  });

  it('is served at once in its first epoch', () => {
    const nodes = new Nodes();
    nodes.of('c').applyView(viewOf(1, 1, 1, 'c'));
    expect(nodes.of('c').admission(0)).toBe('serve');
  });
});

describe('what is lost with the last in-sync copy', () => {
  // a was primary; b was to be it, could not reach a, had it removed, and ended.
  it('is read at a deposed primary until its lease ends, changed by nobody, and gone before the slot is served anew', () => {
    const nodes = new Nodes();
    for (const id of ids) nodes.of(id).applyView(viewOf(1, 1, 1, 'ab'));
    nodes.pass(replicationTimes.firstPatienceMs);
    nodes.put('a', 'k', 'v');
    nodes.pass(replicationTimes.beaconMs);
    expect(nodes.store('b').digest(0)).toBe(nodes.store('a').digest(0));
    nodes.cut.add('a/0');
    nodes.of('b').applyView(viewOf(2, 2, 1, 'ba'));
    nodes.pass(replicationTimes.silentMs + replicationTimes.tickMs);
    expect(nodes.proposals).toContainEqual({ slot: 0, epoch: 2, kind: 'shrink', life: 'a/0' });
    nodes.cut.add('b/0');
    nodes.of('c').applyView(viewOf(4, 4, 2, 'c'));

    expect(nodes.of('a').admission(0)).toBe('serve');
    const committed = nodes.of('a').committed(0);
    nodes.put('a', 'k', 'w');
    let lastMs = 0;
    let firstMs = 0;
    while (firstMs === 0) {
      if (nodes.of('a').admission(0) === 'serve') lastMs = nodes.nowMs;
      if (nodes.of('c').admission(0) === 'serve') firstMs = nodes.nowMs;
      nodes.pass(replicationTimes.tickMs);
    }
    expect(lastMs).toBeGreaterThan(0);
    expect(firstMs).toBeGreaterThan(lastMs);
    expect(nodes.of('a').committed(0)).toBe(committed);
    expect(nodes.store('c').digest(0)).toBe('');
  });
});

describe('a learner that was out of the view for a moment', () => {
  /** a has filled b, and could not have it taken in before b saw a view without it. */
  function filled(): Nodes {
    const nodes = new Nodes();
    nodes.of('a').applyView(viewOf(1, 1, 1, 'a'));
    nodes.put('a', 'k', 'v');
    for (const id of ['a', 'b']) nodes.of(id).applyView(viewOf(2, 2, 1, 'a', 'b'));
    nodes.pass(1_000);
    expect(nodes.store('b').digest(0)).toBe(nodes.store('a').digest(0));
    expect(nodes.proposals).toContainEqual({ slot: 0, epoch: 2, kind: 'join', life: 'b/0' });
    nodes.proposals.length = 0;
    return nodes;
  }

  it('is proposed again only once it is filled again: it has wiped what it had', () => {
    const nodes = filled();
    nodes.of('b').applyView(viewOf(3, 3, 1, 'a'));
    expect(nodes.store('b').digest(0)).toBe('');
    for (const id of ['a', 'b']) nodes.of(id).applyView(viewOf(4, 4, 1, 'a', 'b'));
    for (let i = 0; i < 100 && nodes.proposals.length === 0; i++) nodes.pass(replicationTimes.tickMs);
    expect(nodes.proposals).toContainEqual({ slot: 0, epoch: 4, kind: 'join', life: 'b/0' });
    expect(nodes.store('b').digest(0)).toBe(nodes.store('a').digest(0));
  });

  it('keeps what it was filled with when the view without it comes late', () => {
    const nodes = filled();
    nodes.of('a').applyView(viewOf(4, 4, 1, 'a', 'b'));
    nodes.pass(1_000);
    expect(nodes.proposals).toContainEqual({ slot: 0, epoch: 4, kind: 'join', life: 'b/0' });
    nodes.of('b').applyView(viewOf(3, 3, 1, 'a'));
    nodes.of('b').applyView(viewOf(4, 4, 1, 'a', 'b'));
    nodes.of('b').applyView(viewOf(5, 5, 1, 'ab'));
    expect(nodes.store('b').digest(0)).toBe(nodes.store('a').digest(0));
    expect(nodes.of('b').mayReadCopy(0)).toBe(true);
  });
});
