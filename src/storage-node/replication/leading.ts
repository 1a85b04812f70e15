/**
 * The primary's rules: order, commit, lease (P2, P3, P5, P6). Filling learners is in `filling.ts`, becoming primary
 * in `takeover.ts`.
 */
import { type Core, proposeAgain, sawEpoch } from './core.ts';
import { maybeProposeJoin } from './filling.ts';
import type { AckMessage, FullMessage, Life, RefuseMessage } from './messages.ts';
import type { Follower, Lead, Slot } from './slot.ts';
import { maybeServe } from './takeover.ts';

/** Whether a commit needs the follower's acknowledgement: an in-sync copy's, and that of a learner that may become one at any moment. */
export function isRequired({ filling }: Follower): boolean {
  return filling === null || filling.joining;
}

export function renewLease(core: Core, lead: Lead): void {
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const { promisedMs } of lead.inSync.values()) oldestMs = Math.min(oldestMs, promisedMs);
  // A learner whose join was asked for may have been taken in, and be primary in a later view.
  for (const { filling, promisedMs } of lead.learners.values())
    if (filling!.proposed) oldestMs = Math.min(oldestMs, promisedMs);
  lead.leaseUntilMs = oldestMs + core.times.leaseMs;
}

/** Recomputes what is committed, tells of it, and drops what nobody needs any more. */
export function advance(core: Core, slot: Slot): void {
  const lead = slot.lead!;
  if (lead.takeover !== null && lead.takeover.reported.size < lead.inSync.size) return;
  let committed = slot.log.last;
  for (const follower of lead.inSync.values()) committed = Math.min(committed, follower.acked);
  for (const follower of lead.learners.values())
    if (isRequired(follower)) committed = Math.min(committed, follower.acked);
  if (committed > slot.committed) {
    slot.committed = committed;
    core.environment.onCommitted(slot.number, committed);
    core.busy.add(slot);
    if (lead.inSync.size > 0 && !core.untold.has(slot)) noteUntold(core, slot, lead);
  }
  let kept = slot.committed;
  for (const { acked } of lead.learners.values()) kept = Math.min(kept, acked);
  slot.log.trim(kept);
}

/** Sends a follower what it has not been sent. */
export function sendEntries(core: Core, slot: Slot, follower: Follower): void {
  const { log } = slot;
  const lead = slot.lead!;
  if (follower.sent >= log.last) return;
  const nowMs = core.environment.nowMs();
  // Their first message tells of everything before them that it is committed.
  if (follower.sent === slot.committed) lead.untoldBytes = 0;
  if (follower.sent <= follower.acked) {
    follower.progressMs = nowMs;
    follower.resendAtMs = nowMs + follower.resendMs;
  }
  while (follower.sent < log.last) {
    const entries = log.from(follower.sent + 1, core.times.appendBytesMax);
    follower.sent += entries.length;
    sendAppend(core, slot, lead, follower, entries);
    for (const { payload } of entries) lead.untoldBytes += payload.length;
  }
  lead.appendedMs = nowMs;
  core.busy.add(slot);
}

export function sendAppend(core: Core, slot: Slot, lead: Lead, follower: Follower, entries: Entries): void {
  core.environment.send(follower.life, {
    kind: 'append',
    slot: slot.number,
    epoch: lead.epoch,
    dataEpoch: slot.dataEpoch,
    session: follower.session,
    committed: slot.committed,
    entries,
  });
}
type Entries = ReturnType<Slot['log']['from']>;

/** Sends all followers of a slot that are ready for them what they have not been sent. */
export function sendToAll(core: Core, slot: Slot): void {
  const { lead } = slot;
  if (lead === null || lead.epoch !== slot.epoch) return;
  for (const follower of lead.inSync.values())
    if (lead.takeover === null || lead.takeover.reported.has(follower.life)) sendEntries(core, slot, follower);
  for (const follower of lead.learners.values()) if (follower.filling!.begun) sendEntries(core, slot, follower);
}

/** Goes back to what a follower has acknowledged: its link is new, or it did not take what it was sent. */
export function goBack(core: Core, slot: Slot, follower: Follower): void {
  follower.sent = follower.acked;
  core.unsent.add(slot);
}

export function followerOf(lead: Lead, life: Life): Follower | undefined {
  return lead.inSync.get(life) ?? lead.learners.get(life);
}

export function onAck(core: Core, from: Life, message: AckMessage): void {
  const slot = core.slots[message.slot]!;
  if (message.epoch > slot.epoch) sawEpoch(core, slot, message.epoch);
  const { lead } = slot;
  if (lead === null || message.epoch < lead.firstEpoch) return;
  const follower = followerOf(lead, from);
  if (follower === undefined) return;
  // A learner's acknowledgement belongs to its session; that of an in-sync copy may still name the one that filled it.
  if (message.session !== follower.session && (follower.filling !== null || message.session !== 0)) return;
  if (lead.takeover !== null && follower.filling === null && !lead.takeover.reported.has(from)) return;
  if (follower.filling !== null && message.epoch > follower.filling.confirmedEpoch) {
    follower.filling.confirmedEpoch = message.epoch;
    maybeProposeJoin(core, slot, follower);
  }
  if (message.last <= follower.acked || message.last > slot.log.last) return;
  const nowMs = core.environment.nowMs();
  follower.acked = message.last;
  if (follower.sent < follower.acked) follower.sent = follower.acked;
  follower.progressMs = nowMs;
  follower.resendMs = core.times.resendMsMin;
  follower.resendAtMs = nowMs + follower.resendMs;
  advance(core, slot);
  if (lead.takeover !== null) maybeServe(core, slot);
  if (follower.filling !== null) maybeProposeJoin(core, slot, follower);
}

export function onRefuse(core: Core, message: RefuseMessage): void {
  sawEpoch(core, core.slots[message.slot]!, message.epoch);
}

/** A copy has no room for what must not be dropped: it is to leave, since what it lacks it must not answer for. */
export function onFull(core: Core, from: Life, message: FullMessage): void {
  const slot = core.slots[message.slot]!;
  const { lead } = slot;
  if (lead === null || lead.epoch !== slot.epoch || message.epoch !== lead.epoch) return;
  const follower = followerOf(lead, from);
  if (follower !== undefined) proposeAgain(core, slot, follower, 'shrink', { full: true });
}

/** Looks at the followers of a slot as time passes; whether something still waits. */
export function tickFollowers(core: Core, slot: Slot, lead: Lead): boolean {
  const nowMs = core.environment.nowMs();
  let waits = false;
  for (const follower of lead.inSync.values()) if (tickFollower(core, slot, follower, nowMs)) waits = true;
  for (const follower of lead.learners.values()) if (tickFollower(core, slot, follower, nowMs)) waits = true;
  return waits;
}

function tickFollower(core: Core, slot: Slot, follower: Follower, nowMs: number): boolean {
  if (follower.acked >= follower.sent && follower.sent >= slot.log.last) return false;
  const { times } = core;
  const inSync = follower.filling === null;
  if (inSync && nowMs - follower.progressMs > times.stuckMs) proposeAgain(core, slot, follower, 'shrink');
  if (follower.sent <= follower.acked || nowMs < follower.resendAtMs) return true;
  follower.resendMs = Math.min(times.resendMsMax, follower.resendMs * 2);
  follower.resendAtMs = nowMs + follower.resendMs;
  goBack(core, slot, follower);
  return true;
}

/** Notes that from now on there is something that the copies have not been told is committed. */
export function noteUntold(core: Core, slot: Slot, lead: Lead): void {
  lead.untoldMs = core.environment.nowMs();
  core.untold.add(slot);
}

/**
 * Tells the copies what is committed where no further entries have told it for a while, or where they keep a lot for
 * want of it: they drop their entries by it. To be called as time passes.
 */
export function tellUntold(core: Core, nowMs: number): void {
  const { untold, times } = core;
  for (const slot of untold.all()) {
    const lead = slot.lead!;
    if (lead.takeover !== null || lead.epoch !== slot.epoch) continue;
    const isQuiet = nowMs - Math.max(lead.untoldMs, lead.appendedMs) >= times.tellCommittedMs;
    if (isQuiet || lead.untoldBytes >= times.untoldBytesMax) tellCommitted(core, slot, lead);
  }
}

/** A former primary answers by it what waits there. */
export function tellCommitted(core: Core, slot: Slot, lead: Lead): void {
  lead.untoldBytes = 0;
  core.untold.delete(slot);
  for (const follower of lead.inSync.values()) sendAppend(core, slot, lead, follower, []);
}
