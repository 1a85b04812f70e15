/** The primary's rules of filling a learner (P9): session, copy in batches, and the order in which it is taken in. */
import { type Core, patienceMs, proposeAgain } from './core.ts';
import { advance, renewLease, sendAppend, sendEntries } from './leading.ts';
import type { CopiedMessage, CopyMessage, Life } from './messages.ts';
import { type Filling, type Follower, newFollower, type Slot } from './slot.ts';

/** A learner that nothing has been sent to. */
export function newLearner(core: Core, slot: Slot, life: Life): Follower {
  const follower = newFollower(life, slot.committed, core.environment.nowMs(), core.times.resendMsMin);
  core.heardMs.set(life, core.environment.nowMs());
  beginSession(core, slot, follower);
  return follower;
}

/** Begins an attempt; any earlier one is over, whatever of it is still under way. */
function beginSession(core: Core, slot: Slot, follower: Follower): void {
  const nowMs = core.environment.nowMs();
  follower.filling?.reading?.close();
  follower.session = core.nextSession++;
  follower.acked = slot.committed;
  follower.sent = slot.committed;
  follower.filling = {
    begun: false,
    reading: null,
    batch: null,
    batches: 0,
    againMs: nowMs,
    progressMs: nowMs,
    joining: false,
    confirmedEpoch: 0,
    proposed: false,
  };
  core.counters.sessionsBegun++;
  core.busy.add(slot);
}

function restartSession(core: Core, slot: Slot, follower: Follower): void {
  core.counters.sessionsRestarted++;
  beginSession(core, slot, follower);
  // What only the former attempt still needed.
  advance(core, slot);
}

export function onCopied(core: Core, from: Life, message: CopiedMessage): void {
  const slot = core.slots[message.slot]!;
  const follower = slot.lead?.learners.get(from);
  if (follower === undefined || follower.session !== message.session) return;
  const filling = follower.filling!;
  filling.progressMs = core.environment.nowMs();
  if (!filling.begun) {
    filling.begun = true;
    sendEntries(core, slot, follower);
    // Not before the stream has begun: what changes from here on is in the one or the other.
    filling.reading = core.store.read(slot.number);
  } else if (filling.batch !== null && message.batch === filling.batch.batch) {
    const { final } = filling.batch;
    filling.batch = null;
    if (final) return beginJoining(core, slot, follower, filling);
  }
  pump(core, slot, follower, filling);
}

/** From here on nothing is committed without it; only when it has all that was, it may be taken in. */
function beginJoining(core: Core, slot: Slot, follower: Follower, filling: Filling): void {
  filling.reading?.close();
  filling.reading = null;
  filling.joining = true;
  filling.progressMs = core.environment.nowMs();
  core.beaconSoon.add(slot);
  askConfirmation(core, slot, follower);
  maybeProposeJoin(core, slot, follower);
}

/** Has a learner that has everything say so in this epoch. */
export function askConfirmation(core: Core, slot: Slot, follower: Follower): void {
  const lead = slot.lead!;
  const filling = follower.filling!;
  filling.againMs = core.environment.nowMs() + core.times.resendMsMin;
  if (filling.joining && filling.confirmedEpoch < lead.epoch) sendAppend(core, slot, lead, follower, []);
}

export function maybeProposeJoin(core: Core, slot: Slot, follower: Follower): void {
  const lead = slot.lead!;
  const filling = follower.filling!;
  if (!filling.joining || lead.takeover !== null || lead.epoch !== slot.epoch) return;
  if (follower.acked < slot.committed || filling.confirmedEpoch !== lead.epoch) return;
  // Its promise is needed from now on: it could be primary in a view that this node does not get.
  if (core.environment.nowMs() - follower.promisedMs >= core.times.leaseMs) return;
  filling.proposed = true;
  renewLease(core, lead);
  proposeAgain(core, slot, follower, 'join');
}

/** Sends the next batch, if there is one and none is under way. */
export function pump(core: Core, slot: Slot, follower: Follower, filling: Filling): void {
  if (filling.reading === null || filling.batch !== null || slot.lead!.epoch !== slot.epoch) return;
  const next = filling.reading.next(core.times.copyBatchBytes);
  if (next === null) return;
  filling.batches++;
  filling.batch = {
    kind: 'copy',
    slot: slot.number,
    epoch: slot.lead!.epoch,
    session: follower.session,
    batch: filling.batches,
    final: next.final,
    parts: next.parts,
  };
  sendBatch(core, slot, follower, filling, filling.batch);
}

function sendBatch(core: Core, slot: Slot, follower: Follower, filling: Filling, batch: CopyMessage): void {
  filling.againMs = core.environment.nowMs() + core.times.resendMsMin;
  core.environment.send(follower.life, { ...batch, epoch: slot.lead!.epoch });
}

/** What the learner may have missed because its link broke. */
export function repeatFilling(core: Core, follower: Follower): void {
  follower.filling!.againMs = core.environment.nowMs();
}

/** Looks at a learner as time passes. */
export function tickLearner(core: Core, slot: Slot, follower: Follower): void {
  const { times, environment } = core;
  const filling = follower.filling!;
  const nowMs = environment.nowMs();
  if (filling.joining) return tickJoining(core, slot, follower, filling);
  const isTooFarBehind = slot.log.bytes > times.learnerLogBytesMax && follower.acked < slot.committed;
  const hasForgotten = filling.begun && nowMs - filling.progressMs > times.stuckMs * 3 && filling.batch !== null;
  if (isTooFarBehind || hasForgotten) return restartSession(core, slot, follower);
  if (filling.begun && filling.batch === null) return pump(core, slot, follower, filling);
  if (nowMs < filling.againMs) return;
  if (filling.batch !== null) return sendBatch(core, slot, follower, filling, filling.batch);
  filling.againMs = nowMs + times.resendMsMin;
  environment.send(follower.life, {
    kind: 'join',
    slot: slot.number,
    epoch: slot.lead!.epoch,
    dataEpoch: slot.dataEpoch,
    session: follower.session,
    committed: follower.acked,
  });
}

function tickJoining(core: Core, slot: Slot, follower: Follower, filling: Filling): void {
  const { times, environment } = core;
  const nowMs = environment.nowMs();
  const isBehind = follower.acked < slot.log.last;
  const isUnconfirmed = filling.confirmedEpoch !== slot.lead!.epoch;
  const isStuck =
    (isBehind && nowMs - follower.progressMs > times.stuckMs) ||
    (isUnconfirmed && nowMs - filling.progressMs > times.stuckMs);
  const isSilent = nowMs - (core.heardMs.get(follower.life) ?? nowMs) > patienceMs(core, follower.life);
  if (!isStuck && !isSilent) {
    if (isUnconfirmed && nowMs >= filling.againMs) askConfirmation(core, slot, follower);
    return maybeProposeJoin(core, slot, follower);
  }
  // Nobody can have taken it in: it is simply not required any more.
  if (!filling.proposed) return restartSession(core, slot, follower);
  // It may have been taken in. Either the view comes that says so, or this one, after which it never can be.
  proposeAgain(core, slot, follower, 'shrink');
}
