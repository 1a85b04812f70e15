import { describe, expect, it } from 'vitest';
import { readU32, replyMagic } from '../../src/shared/frame/layout.ts';
import { hopLimits } from '../../src/shared/limits.ts';
import { octetStream } from '../../src/shared/operation.ts';
import type { SentFrame } from '../support/fake-transport.ts';
import { target, testRegistry, testView, utf8 } from '../support/fleet-state.ts';
import { seededRandom } from '../support/operation-arbitraries.ts';
import { nodeA, nodeB, type Outcome, outcomeOf, Routing } from './harness.ts';

const text = ({ result }: Outcome): string => new TextDecoder().decode(result!.item!.value);

/**
 * A fleet of two nodes under random faults: frames lost before and after they were executed, answers late,
 * spoiled or swapped, slots that move between the nodes, caches flushed. Whatever happens, every operation
 * settles once and in time, and what it says is true.
 */
function run(seed: number): Record<string, number> {
  const random = seededRandom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const routing = new Routing(testView(1, [nodeA, nodeB]), random);
  let view = testView(1, [nodeA, nodeB]);
  let namespace = 1;
  let revision = 1;
  const nodes = Object.values(routing.nodes);
  const settleView = () => {
    for (const node of nodes) node.slots.apply(view);
    routing.source.set({ view });
  };
  settleView();
  const outcomes: { outcome: Outcome; key: string; dueMs: number; settledMs: number }[] = [];
  let lastReply: Uint8Array | undefined;

  const submit = (): void => {
    const key = `key ${below(40)}`;
    const deadlineMs = 200 + below(1_500);
    const at = target(routing.cache, key);
    const stored = { value: utf8(`${key}:${below(9)}`), contentType: octetStream, ttlMs: 3_600_000 };
    const outcome = [
      () => routing.get(key, deadlineMs),
      () =>
        routing.submit(
          { kind: 'set', ...at, ...stored, ...(random() < 0.1 ? { value: utf8(`${key}:${'x'.repeat(70_000)}`) } : {}) },
          deadlineMs,
        ),
      () => routing.submit({ kind: 'swap', ...at, ...stored }, deadlineMs),
      () => routing.submit({ kind: 'take', ...at }, deadlineMs),
      () => routing.submit({ kind: 'delete', ...at }, deadlineMs),
    ][below(5)]!();
    outcomes.push({ outcome, key, dueMs: routing.clock.monotonicMs() + deadlineMs, settledMs: Number.NaN });
  };
  const fate = (frame: SentFrame): void => {
    const dice = random();
    if (dice < 0.5) {
      const reply = routing.replyTo(frame);
      lastReply = reply;
      frame.reply(reply);
    } else if (dice < 0.6) frame.fail({ sent: false, reason: 'ECONNREFUSED' });
    else if (dice < 0.65) frame.fail({ sent: true, reason: 'ECONNRESET' });
    else if (dice < 0.7) {
      routing.replyTo(frame);
      frame.fail({ sent: true, reason: 'ECONNRESET' });
    } else if (dice < 0.75) {
      const reply = routing.replyTo(frame).slice();
      reply[below(48)]! ^= 1 << below(8);
      // A change to what is not echoed (view, service time, status, TTL) cannot be told from an answer: it is not sent.
      if (!echoesWell(reply, frame)) frame.reply(reply);
    } else if (dice < 0.8 && lastReply !== undefined) frame.reply(lastReply);
  };
  for (let round = 0; round < 400; round++) {
    if (round < 360) for (let count = below(12); count > 0; count--) submit();
    for (const frame of routing.turn()) if (frame.open && random() < 0.7) fate(frame);
    routing.timers.advance(below(40));
    if (random() < 0.03) {
      // All slots on one node, empty, or, for a while, on none. In a slot's first epoch nobody waits for a predecessor.
      const copies = random() < 0.3 ? [] : [0];
      const number = view.number + 1;
      view = testView(number, random() < 0.3 ? [nodeB] : [nodeA, nodeB], () => [1, number, copies, []]);
      // The nodes and the gateway learn of it one after the other.
      const learners = [
        () => nodes[0]!.slots.apply(view),
        () => nodes[1]!.slots.apply(view),
        () => routing.source.set({ view }),
      ];
      for (const learn of learners) if (random() < 0.7) learn();
    }
    if (random() < 0.1) settleView();
    if (random() < 0.01) {
      const registry = testRegistry(++revision, { cache: ++namespace });
      for (const node of nodes) node.executor.applyRegistry(registry);
      routing.source.set({ registry });
    }
    for (const entry of outcomes)
      if (Number.isNaN(entry.settledMs) && entry.outcome.times > 0) entry.settledMs = routing.clock.monotonicMs();
  }
  routing.timers.advance(hopLimits.deadlineMs);
  const seen: Record<string, number> = {};
  for (const { outcome, key, dueMs, settledMs } of outcomes) {
    const came = outcomeOf(outcome);
    seen[came] = (seen[came] ?? 0) + 1;
    expect(outcome.times, `seed ${seed}, ${outcome.operation.kind}`).toBe(1);
    if (!Number.isNaN(settledMs)) expect(settledMs - dueMs).toBeLessThanOrEqual(25 + 40);
    if (
      came === 'done' &&
      outcome.operation.kind !== 'set' &&
      outcome.result!.item !== null &&
      outcome.result!.item.value.length > 0
    )
      expect(text(outcome).startsWith(`${key}:`), `seed ${seed}: ${key}`).toBe(true);
    if (came === 'deadline_exceeded') expect(outcome.operation.kind).toBe('get');
    if (came === 'outcome_unknown') expect(outcome.operation.kind).not.toBe('get');
  }
  expect(routing.timers.count).toBe(0);
  return seen;
}

/** Whether a spoiled reply still echoes its frame's id, count, and first slot and hash. */
function echoesWell(reply: Uint8Array, frame: SentFrame): boolean {
  const header = readU32(reply, 0) === replyMagic && readU32(reply, 4) === reply.length;
  const same = (start: number, end: number): boolean =>
    Buffer.compare(reply.subarray(start, end), frame.bytes.subarray(start, end)) === 0;
  return header && same(8, 16) && same(28, 30) && same(34, 40);
}

describe('fleet client under random faults', () => {
  const total: Record<string, number> = {};

  it.each([1, 2, 3, 4, 5, 6])('every operation settles once, in time, and truly (seed %i)', (seed) => {
    for (const [outcome, count] of Object.entries(run(seed))) total[outcome] = (total[outcome] ?? 0) + count;
  });

  it('the runs above met every outcome', () => {
    expect(Object.keys(total).sort()).toEqual([
      'deadline_exceeded',
      'done',
      'missing',
      'outcome_unknown',
      'storage_unavailable',
    ]);
    expect(total['done']).toBeGreaterThan(3_000);
  });
});
