import { describe, expect, it } from 'vitest';
import type { FleetNode, SlotAssignment, View } from '../../../src/shared/fleet-state.ts';
import { slotCount } from '../../../src/shared/slots.ts';
import type { Proposal, SlotReading, SlotStore } from '../../../src/storage-node/replication/environment.ts';
import type { CopiedPart, Entry, Life, ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { Replication } from '../../../src/storage-node/replication/replication.ts';
import { replicationTimes } from '../../../src/storage-node/replication/times.ts';

const slot = 7;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

/** Keys with values of one slot; a payload is `key=value`. */
class MapStore implements SlotStore {
  readonly items = new Map<string, { sequence: number; value: string }>();
  wipe(number: number): void {
    if (number === slot) this.items.clear();
  }
  /** Keys that there is no room for, and that must not be dropped. */
  readonly full = new Set<string>();
  apply(_: number, { sequence, payload }: Entry): boolean {
    const [key, value] = text(payload).split('=');
    if (this.full.has(key!)) return false;
    this.items.set(key!, { sequence, value: value! });
    return true;
  }
  identityOf(payload: Uint8Array): string {
    return text(payload).split('=')[0]!;
  }
  applyCopied(_: number, part: CopiedPart): boolean {
    return this.apply(slot, { ...part, hash: 0 });
  }
  read(): SlotReading {
    const parts = [...this.items].map(([key, { sequence, value }]) => ({
      sequence,
      payload: bytes(`${key}=${value}`),
    }));
    return { next: () => ({ parts: parts.splice(0, 2), final: parts.length === 0 }), close: () => {} };
  }
}

/** Nodes with a clock and a network of their own; messages arrive when `deliver` is called. */
class Bench {
  nowMs = 1_000;
  readonly nodes = new Map<Life, { replication: Replication; store: MapStore; committed: number; lost: number }>();
  readonly proposals: Proposal[] = [];
  readonly cut = new Set<Life>();
  /** Says which messages are lost. */
  isLost: (from: Life, to: Life, kind: ReplicationMessage['kind']) => boolean = () => false;
  /** Every message about a slot that has arrived. */
  readonly arrived: ReplicationMessage['kind'][] = [];
  #queue: { from: Life; to: Life; message: ReplicationMessage }[] = [];
  #number = 0;

  constructor(lives: readonly Life[]) {
    for (const self of lives) {
      const store = new MapStore();
      const node = { store, committed: 0, lost: 0 } as {
        replication: Replication;
        store: MapStore;
        committed: number;
        lost: number;
      };
      node.replication = new Replication({
        self,
        store,
        environment: {
          nowMs: () => this.nowMs,
          send: (to, message) => this.#queue.push({ from: self, to, message }),
          propose: (proposal) => this.proposals.push(proposal),
          behind: () => {},
          onCommitted: (_, committed) => {
            node.committed = committed;
          },
          onLost: (number) => {
            if (number === slot) node.lost++;
          },
        },
      });
      this.nodes.set(self, node);
    }
  }

  of(life: Life) {
    return this.nodes.get(life)!;
  }

  view(assignment: readonly [number, number, Life[], Life[]], dead: readonly Life[] = []): void {
    const lives = [...this.nodes.keys()];
    const nodes = lives.map((life): FleetNode => {
      const [id, incarnation] = life.split('/');
      const state = dead.includes(life) ? 'dead' : 'active';
      return { id: id!, incarnation: incarnation!, zone: id!, url: 'http://127.0.0.1:1', weight: 1, state };
    });
    const [epoch, dataEpoch, copies, learners] = assignment;
    const index = (life: Life) => lives.indexOf(life);
    const empty: SlotAssignment = [0, 0, [], []];
    const slots = Array.from({ length: slotCount }, () => empty);
    slots[slot] = [epoch, dataEpoch, copies.map(index), learners.map(index)];
    const view: View = { number: ++this.#number, nodes, slots };
    for (const [life, { replication }] of this.nodes) if (!this.cut.has(life)) replication.applyView(view);
    this.deliver();
  }

  deliver(): void {
    for (const [life, { replication }] of this.nodes) if (!this.cut.has(life)) replication.flush();
    while (this.#queue.length > 0) {
      const { from, to, message } = this.#queue.shift()!;
      if (this.cut.has(from) || this.cut.has(to) || this.isLost(from, to, message.kind)) continue;
      if ('slot' in message) this.arrived.push(message.kind);
      this.of(to).replication.onMessage(from, message);
      if (this.#queue.length === 0)
        for (const [life, { replication }] of this.nodes) if (!this.cut.has(life)) replication.flush();
    }
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= replicationTimes.tickMs) {
      this.nowMs += replicationTimes.tickMs;
      for (const [life, { replication }] of this.nodes) if (!this.cut.has(life)) replication.onTick();
      this.deliver();
    }
  }

  write(life: Life, key: string, value: string): number {
    const { replication, store } = this.of(life);
    expect(replication.admission(slot)).toBe('serve');
    store.items.set(key, { sequence: replication.nextSequence(slot), value });
    return replication.append(slot, 1, bytes(`${key}=${value}`));
  }
}

describe('replication: one slot', () => {
  it('first placement: serves as soon as the copies have reported and promised', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    expect(bench.of('a/1').replication.admission(slot)).toBe('serve');
    expect(bench.of('b/1').replication.admission(slot)).toBe('moved');
  });

  it('write: costs one message each way; what is committed is told by the next one, or after a while', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.pass(2_000);
    bench.arrived.length = 0;
    for (let count = 0; count < 10; count++) {
      bench.write('a/1', `k${count}`, '1');
      bench.deliver();
      bench.pass(replicationTimes.tickMs * 2);
    }
    expect(bench.arrived).toEqual(Array.from({ length: 10 }, () => ['append', 'ack']).flat());
    const copy = bench.of('b/1');
    expect([copy.committed, copy.replication.logBytes()]).toEqual([9, bytes('k9=1').length]);

    bench.pass(replicationTimes.tellCommittedMs);
    expect([copy.committed, copy.replication.logBytes()]).toEqual([10, 0]);
    // told once, and nobody answers
    bench.pass(5_000);
    expect(bench.arrived.slice(20)).toEqual(['append']);
  });

  it('write: what is committed is told again over a new link', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.write('a/1', 'k', '1');
    bench.deliver();
    bench.cut.add('b/1');
    bench.pass(replicationTimes.tellCommittedMs + replicationTimes.tickMs);
    bench.cut.delete('b/1');
    expect(bench.of('b/1').committed).toBe(0);
    bench.of('a/1').replication.onConnected('b/1');
    bench.pass(replicationTimes.tellCommittedMs + replicationTimes.tickMs);
    expect([bench.of('b/1').committed, bench.of('b/1').replication.logBytes()]).toEqual([1, 0]);
  });

  it('write: copies that keep much until they are told what is committed are told at the next tick', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.write('a/1', 'k', 'v'.repeat(replicationTimes.untoldBytesMax));
    bench.deliver();
    expect(bench.of('b/1').replication.logBytes()).toBeGreaterThan(replicationTimes.untoldBytesMax);
    bench.pass(replicationTimes.tickMs);
    expect(bench.of('b/1').replication.logBytes()).toBe(0);
  });

  it('write: is committed once the copy has it', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    const sequence = bench.write('a/1', 'k', '1');
    expect(bench.of('a/1').replication.committed(slot)).toBe(0);
    expect(bench.of('a/1').replication.pendingSequence(slot, 1)).toBe(sequence);
    bench.deliver();
    expect(bench.of('a/1').committed).toBe(1);
    expect(bench.of('b/1').store.items.get('k')?.value).toBe('1');
    expect(bench.of('a/1').replication.pendingSequence(slot, 1)).toBe(0);
  });

  it('lease: ends when the copy is silent, which is proposed to leave before', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.pass(replicationTimes.firstPatienceMs);
    bench.cut.add('b/1');
    bench.pass(replicationTimes.silentMs + 100);
    expect(bench.proposals).toContainEqual({ slot, epoch: 1, kind: 'shrink', life: 'b/1' });
    expect(bench.of('a/1').replication.admission(slot)).toBe('serve');
    bench.pass(replicationTimes.leaseMs);
    expect(bench.of('a/1').replication.admission(slot)).toBe('not_ready');
    bench.view([2, 5, ['a/1'], []]);
    expect(bench.of('a/1').replication.admission(slot)).toBe('serve');
  });

  it('a copy that has just begun is given more time, as one that never was heard', () => {
    for (const heard of [false, true]) {
      const bench = new Bench(['a/1', 'b/1', 'c/1']);
      if (!heard) bench.cut.add('b/1');
      bench.view([1, 5, ['a/1', 'b/1'], []]);
      bench.cut.add('b/1');
      bench.pass(replicationTimes.firstPatienceMs - 100);
      expect(bench.proposals).toEqual([]);
      bench.pass(200 + replicationTimes.beaconMs);
      expect(bench.proposals).toContainEqual({ slot, epoch: 1, kind: 'shrink', life: 'b/1' });
    }
  });

  it('silence: a pause of this node itself does not count, and what it heard nothing of before does', () => {
    /** Time until the silent copy is proposed to leave, in ms, when this node stands still for `pauseMs` after `beforeMs`. */
    const untilShrink = (beforeMs: number, pauseMs: number): number => {
      const bench = new Bench(['a/1', 'b/1']);
      bench.view([1, 5, ['a/1', 'b/1'], []]);
      // no copy is new here any more
      bench.pass(replicationTimes.firstPatienceMs + 500);
      bench.cut.add('b/1');
      const sinceMs = bench.nowMs;
      if (beforeMs > 0) bench.pass(beforeMs);
      bench.nowMs += pauseMs;
      while (bench.proposals.length === 0 && bench.nowMs < sinceMs + 10_000) bench.pass(replicationTimes.tickMs);
      return bench.nowMs - sinceMs;
    };
    const pauseMs = 2 * replicationTimes.pausedMs;
    const withoutMs = untilShrink(0, 0);
    for (const beforeMs of [0, 100, replicationTimes.silentMs / 2]) {
      const longerMs = untilShrink(beforeMs, pauseMs) - withoutMs;
      expect(longerMs).toBeGreaterThanOrEqual(pauseMs);
      expect(longerMs).toBeLessThanOrEqual(pauseMs + 2 * replicationTimes.tickMs);
    }
  });

  it('silence: counts from what was heard at the end of a pause, and not from a time to come', () => {
    const bench = new Bench(['a/1', 'b/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.pass(replicationTimes.firstPatienceMs + 500);
    bench.nowMs += 4 * replicationTimes.pausedMs;
    // read before the first look after the pause
    bench.of('a/1').replication.onMessage('b/1', { kind: 'promise', id: 0, refusedSlots: [], refusedEpochs: [] });
    bench.cut.add('b/1');
    bench.pass(replicationTimes.silentMs - replicationTimes.tickMs);
    expect(bench.proposals).toEqual([]);
    bench.pass(3 * replicationTimes.tickMs);
    expect(bench.proposals).toContainEqual({ slot, epoch: 1, kind: 'shrink', life: 'b/1' });
  });

  it('what is committed is told again after a link was made anew, once the slot has been quiet for a while', () => {
    const bench = new Bench(['a/1', 'b/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.write('a/1', 'k', '1');
    bench.deliver();
    bench.pass(2 * replicationTimes.tellCommittedMs);
    bench.arrived.length = 0;
    bench.of('a/1').replication.onConnected('b/1');
    bench.pass(replicationTimes.tellCommittedMs - 2 * replicationTimes.tickMs);
    expect(bench.arrived).toEqual([]);
    bench.pass(3 * replicationTimes.tickMs);
    expect(bench.arrived).toEqual(['append']);
  });

  it('failover: waits out its promise to a silent primary, not that to one that has ended', () => {
    for (const dead of [false, true]) {
      const bench = new Bench(['a/1', 'b/1', 'c/1']);
      bench.view([1, 5, ['a/1', 'b/1'], []]);
      bench.write('a/1', 'k', '1');
      bench.deliver();
      bench.cut.add('a/1');
      bench.view([2, 5, ['b/1'], []], dead ? ['a/1'] : []);
      expect(bench.of('b/1').replication.admission(slot)).toBe(dead ? 'serve' : 'not_ready');
      bench.pass(replicationTimes.promiseMs);
      expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
      expect(bench.of('b/1').store.items.get('k')?.value).toBe('1');
    }
  });

  it('planned move of the primary: nothing is lost, what waited is committed by the new one', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.write('a/1', 'k', '1');
    bench.view([2, 5, ['b/1', 'a/1'], []]);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
    expect(bench.of('b/1').store.items.get('k')?.value).toBe('1');
    expect(bench.of('a/1').committed).toBe(1);
    expect(bench.of('a/1').replication.admission(slot)).toBe('moved');
  });

  it('planned moves in a row: a promise to a primary before one that served is not waited out', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1', 'c/1'], []]);
    bench.view([2, 5, ['b/1', 'a/1', 'c/1'], []]);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
    bench.view([3, 5, ['b/1', 'c/1'], []]);
    bench.view([4, 5, ['c/1', 'b/1'], []]);
    expect(bench.of('c/1').replication.admission(slot)).toBe('serve');
    // and back, where the one that tells of it has led before
    bench.view([5, 5, ['b/1', 'c/1'], []]);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
  });

  it('failovers in a row: a promise to a primary before one that never served is waited out', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1', 'c/1'], []]);
    bench.cut.add('a/1');
    bench.view([2, 5, ['b/1', 'c/1'], []]);
    expect(bench.of('b/1').replication.admission(slot)).toBe('not_ready');
    bench.view([3, 5, ['c/1', 'b/1'], []]);
    expect(bench.of('c/1').replication.admission(slot)).toBe('not_ready');
    expect(bench.of('a/1').replication.admission(slot)).toBe('serve');
    bench.pass(replicationTimes.promiseMs);
    expect(bench.of('a/1').replication.admission(slot)).toBe('not_ready');
    expect(bench.of('c/1').replication.admission(slot)).toBe('serve');
  });

  it('failover: a promise to one that was listed while a primary went on is waited out', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1', 'c/1'], []]);
    // b is to lead, of which a hears nothing, and c promises it
    bench.cut.add('a/1');
    bench.view([2, 5, ['b/1', 'a/1', 'c/1'], []]);
    bench.pass(replicationTimes.beaconMs + replicationTimes.tickMs);
    // a goes on, of which b hears nothing
    bench.cut.clear();
    bench.cut.add('b/1');
    bench.view([3, 5, ['a/1', 'b/1', 'c/1'], []]);
    expect(bench.of('a/1').replication.admission(slot)).toBe('serve');
    // b leads by the promise that it had before
    bench.cut.clear();
    bench.isLost = (from, to, kind) => from === 'b/1' && to === 'c/1' && kind === 'beacon';
    bench.view([4, 5, ['b/1', 'a/1', 'c/1'], []]);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
    bench.cut.add('b/1');
    bench.view([5, 5, ['c/1', 'a/1'], []]);
    const serving = ['b/1', 'c/1'].filter((life) => bench.of(life).replication.admission(slot) === 'serve');
    expect(serving).toEqual(['b/1']);
    bench.pass(replicationTimes.promiseMs);
    expect(bench.of('c/1').replication.admission(slot)).toBe('serve');
  });

  it('failover: a promise to a primary after one that served is waited out', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1', 'c/1'], []]);
    bench.view([2, 5, ['b/1', 'a/1', 'c/1'], []]);
    bench.cut.add('b/1');
    bench.view([3, 5, ['c/1', 'a/1'], []]);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
    expect(bench.of('c/1').replication.admission(slot)).toBe('not_ready');
    bench.pass(replicationTimes.promiseMs);
    expect(bench.of('c/1').replication.admission(slot)).toBe('serve');
  });

  it('learner: is filled while writes go on, and asked to be taken in when it has everything', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    for (let i = 0; i < 5; i++) bench.write('a/1', `k${i}`, 'old');
    bench.deliver();
    bench.view([2, 5, ['a/1', 'b/1'], ['c/1']]);
    bench.write('a/1', 'k3', 'new');
    bench.pass(replicationTimes.beaconMs * 2);
    expect(bench.proposals).toContainEqual({ slot, epoch: 2, kind: 'join', life: 'c/1' });
    expect([...bench.of('c/1').store.items].sort()).toEqual([...bench.of('a/1').store.items].sort());
    bench.view([3, 5, ['a/1', 'b/1', 'c/1'], []]);
    expect(bench.of('a/1').replication.admission(slot)).toBe('serve');
    bench.write('a/1', 'k9', 'x');
    bench.deliver();
    expect(bench.of('c/1').store.items.get('k9')?.value).toBe('x');
    expect(bench.of('a/1').replication.committed(slot)).toBe(7);
    bench.view([4, 5, ['c/1', 'b/1'], []]);
    bench.pass(replicationTimes.promiseMs);
    expect(bench.of('c/1').replication.admission(slot)).toBe('serve');
    expect(bench.of('a/1').store.items.size).toBe(0);
  });

  it('a copy without room for what must not be dropped takes nothing from there on, says so, and catches up with room', () => {
    const bench = new Bench(['a/1', 'b/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    const [primary, copy] = [bench.of('a/1'), bench.of('b/1')];
    bench.write('a/1', 'k', 'old');
    bench.deliver();
    copy.store.full.add('k');
    bench.write('a/1', 'k', 'new');
    bench.write('a/1', 'other', '1');
    bench.deliver();
    expect([primary.committed, copy.store.items.get('k')?.value, copy.store.items.has('other')]).toEqual([
      1,
      'old',
      false,
    ]);
    expect(bench.proposals).toEqual([{ slot, epoch: 1, kind: 'shrink', life: 'b/1', full: true }]);
    copy.store.full.clear();
    bench.pass(replicationTimes.resendMsMin);
    expect([primary.committed, copy.store.items.get('k')?.value, copy.store.items.get('other')?.value]).toEqual([
      3,
      'new',
      '1',
    ]);
  });

  it('a copy that refused a write for want of room leads with all that was acknowledged before', () => {
    const bench = new Bench(['a/1', 'b/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.write('a/1', 'k', 'old');
    bench.deliver();
    bench.of('b/1').store.full.add('k');
    bench.write('a/1', 'k', 'new');
    bench.deliver();
    bench.cut.add('a/1');
    bench.view([2, 5, ['b/1'], []], ['a/1']);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
    expect(bench.of('b/1').store.items.get('k')?.value).toBe('old');
  });

  it('a new primary without room for what another has beyond it has that one leave, and keeps what was acknowledged', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1', 'c/1'], []]);
    bench.write('a/1', 'k', 'old');
    bench.deliver();
    const [second, third] = [bench.of('b/1'), bench.of('c/1')];
    second.store.full.add('k');
    bench.write('a/1', 'k', 'new');
    bench.deliver();
    expect([second.store.items.get('k')?.value, third.store.items.get('k')?.value]).toEqual(['old', 'new']);
    bench.cut.add('a/1');
    bench.proposals.length = 0;
    bench.view([2, 5, ['b/1', 'c/1'], []], ['a/1']);
    expect(second.replication.admission(slot)).not.toBe('serve');
    expect(bench.proposals).toEqual([{ slot, epoch: 2, kind: 'shrink', life: 'c/1' }]);
    bench.view([3, 5, ['b/1'], []], ['a/1']);
    expect(second.replication.admission(slot)).toBe('serve');
    expect(second.store.items.get('k')?.value).toBe('old');
    bench.view([4, 5, ['b/1'], ['c/1']], ['a/1']);
    bench.pass(1_000);
    expect(third.store.items.get('k')?.value).toBe('old');
  });

  it('a learner without room is not taken in, and is asked to leave', () => {
    const bench = new Bench(['a/1', 'b/1']);
    bench.view([1, 5, ['a/1'], []]);
    for (const key of ['k', 'l', 'm']) bench.write('a/1', key, '1');
    bench.of('b/1').store.full.add('l');
    bench.view([2, 5, ['a/1'], ['b/1']]);
    bench.pass(1_000);
    expect(bench.proposals.length).toBeGreaterThan(0);
    for (const proposal of bench.proposals)
      expect(proposal).toEqual({ slot, epoch: 2, kind: 'shrink', life: 'b/1', full: true });
    bench.of('b/1').store.full.clear();
    bench.pass(1_000);
    expect(bench.proposals.at(-1)).toEqual({ slot, epoch: 2, kind: 'join', life: 'b/1' });
    expect([...bench.of('b/1').store.items.keys()].sort()).toEqual(['k', 'l', 'm']);
  });

  it('restart empty: a new data epoch forgets everything', () => {
    const bench = new Bench(['a/1', 'b/1', 'c/1']);
    bench.view([1, 5, ['a/1', 'b/1'], []]);
    bench.write('a/1', 'k', '1');
    bench.deliver();
    bench.view([2, 6, ['b/1', 'c/1'], []]);
    bench.pass(replicationTimes.promiseMs + 100);
    expect(bench.of('b/1').replication.admission(slot)).toBe('serve');
    expect(bench.of('b/1').store.items.size).toBe(0);
  });
});
