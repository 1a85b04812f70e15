import { describe, expect, it } from 'vitest';
import { controlLinkLimits } from '../../../src/shared/control-link/limits.ts';
import { ProposalSender } from '../../../src/shared/control-link/proposal-sender.ts';
import type { Proposals, ProposalsAnswer, SlotProposal } from '../../../src/shared/control-link/protocol.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { slotCount } from '../../../src/shared/slots.ts';
import { fakeFetch, hang, refused, type SeenCall } from './fake-control.ts';

const proposal = (slot: number, more: Partial<SlotProposal> = {}): SlotProposal => ({
  slot,
  epoch: 1,
  kind: 'shrink',
  life: 'b-1/y',
  ...more,
});

function sending(handle: (call: SeenCall) => unknown, urls = ['http://one.test']) {
  const { fetch, calls } = fakeFetch(handle);
  const answers: ProposalsAnswer[] = [];
  const sender = new ProposalSender({
    ...{ urls, fleetSecret: 's', fetch, id: 'a-1', incarnation: 'x', log: silentLog },
    onAnswer: (answer) => answers.push(answer),
    sleep: (_ms, signal) => new Promise((resolve) => (signal.aborted ? resolve() : setImmediate(resolve))),
  });
  const slots = () => calls.map(({ body }) => (body as Proposals).proposals.map(({ slot }) => slot));
  return { sender, calls, answers, slots };
}

const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const answer: ProposalsAnswer = { view: 3, applied: 2, refused: 0 };

describe('proposals', () => {
  it('those of one event go in one call, in the name of their life', async () => {
    const { sender, calls, answers, slots } = sending(() => answer);
    for (const slot of [1, 2, 3]) sender.propose(proposal(slot));
    await turns();
    expect(slots()).toEqual([[1, 2, 3]]);
    expect(calls[0]!.body).toMatchObject({ id: 'a-1', incarnation: 'x' });
    expect(answers).toEqual([answer]);
    sender.propose(proposal(4));
    await turns();
    expect(slots()).toEqual([[1, 2, 3], [4]]);
    expect(sender.counts).toEqual({ sent: 4, dropped: 0 });
  });

  it('joins gather for a while, unless something comes that somebody waits for', async () => {
    const { fetch, calls } = fakeFetch(() => answer);
    const pauses: number[] = [];
    const sender = new ProposalSender({
      ...{ urls: ['http://one.test'], fleetSecret: 's', fetch, id: 'a-1', incarnation: 'x', log: silentLog },
      sleep: (ms, signal) => {
        pauses.push(ms);
        if (ms < controlLinkLimits.joinGatherMs || signal.aborted) return Promise.resolve();
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      },
    });
    sender.propose(proposal(1, { kind: 'join' }));
    await turns();
    sender.propose(proposal(2, { kind: 'join' }));
    await turns();
    expect([calls.length, pauses]).toEqual([0, [controlLinkLimits.joinGatherMs]]);
    sender.propose(proposal(3));
    await turns();
    expect(calls.map(({ body }) => (body as Proposals).proposals.length)).toEqual([3]);
    await sender.stop();
  });

  it('the same proposed again before it is sent goes once, in its newest epoch', async () => {
    const { sender, calls } = sending(() => answer);
    sender.propose(proposal(1));
    sender.propose(proposal(1, { epoch: 2 }));
    sender.propose(proposal(1, { kind: 'join' }));
    await turns();
    expect((calls[0]!.body as Proposals).proposals).toEqual([proposal(1, { epoch: 2 }), proposal(1, { kind: 'join' })]);
  });

  it('one call is under way at a time, and what comes meanwhile goes in the next', async () => {
    let done = (_answer: ProposalsAnswer) => {};
    const { sender, slots } = sending(() => new Promise((resolve) => (done = resolve)));
    sender.propose(proposal(1));
    await turns();
    sender.propose(proposal(2));
    sender.propose(proposal(3));
    await turns();
    expect(slots()).toEqual([[1]]);
    done(answer);
    await turns();
    expect(slots()).toEqual([[1], [2, 3]]);
  });

  it('those of a call that fails are dropped, and the next goes to another process', async () => {
    let attempt = 0;
    const { sender, calls } = sending(
      () => (attempt++ === 0 ? refused() : answer),
      ['http://one.test', 'http://two.test'],
    );
    sender.propose(proposal(1));
    await turns();
    expect(sender.counts).toEqual({ sent: 0, dropped: 1 });
    sender.propose(proposal(1));
    await turns();
    expect(calls.map(({ url }) => url.hostname)).toEqual(['one.test', 'two.test']);
    expect(sender.counts).toEqual({ sent: 1, dropped: 1 });
  });

  it('past the bound they are dropped', async () => {
    const { sender, calls } = sending(hang);
    for (let slot = 0; slot < slotCount; slot++) sender.propose(proposal(slot));
    sender.propose(proposal(0, { kind: 'join' }));
    expect(sender.counts.dropped).toBe(1);
    await turns();
    expect((calls[0]!.body as Proposals).proposals).toHaveLength(controlLinkLimits.proposalsMax);
    await sender.stop();
    sender.propose(proposal(1));
    await turns();
    expect(calls).toHaveLength(1);
  });
});
