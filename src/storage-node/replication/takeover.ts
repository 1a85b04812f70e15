/**
 * Becoming primary (rule P7): fence the former one and collect the longest suffix, wait out the own promise,
 * replicate the suffix again, then serve.
 *
 * A planned move is the same: the former primary is then among those asked. It stops with its report, so that its
 * promise need not be waited for, and what it had not committed is adopted, so that nothing is lost.
 */
import { type Core, hasEnded, patienceMs, proposeAgain } from './core.ts';
import { newLearner } from './filling.ts';
import { advance, goBack, renewLease, tellCommitted } from './leading.ts';
import type { Life, ReportMessage } from './messages.ts';
import { type Lead, newFollower, type Slot } from './slot.ts';

/** Begins a tenure in the view's epoch; `others` are the other in-sync copies. */
export function beginTakeover(core: Core, slot: Slot, others: readonly Life[], learners: readonly Life[]): void {
  const nowMs = core.environment.nowMs();
  const lead: Lead = {
    firstEpoch: slot.viewEpoch,
    epoch: slot.viewEpoch,
    takeover: {
      reported: new Map(),
      servedEpoch: slot.servedEpoch,
      beganMs: nowMs,
      askAgainMs: nowMs,
      pauseMs: core.times.askAgainMsMin,
    },
    inSync: new Map(others.map((life) => [life, newFollower(life, 0, nowMs, core.times.resendMsMin)])),
    learners: new Map(),
    leaseUntilMs: Number.NEGATIVE_INFINITY,
    untoldMs: Number.NEGATIVE_INFINITY,
    appendedMs: Number.NEGATIVE_INFINITY,
    untoldBytes: 0,
  };
  slot.lead = lead;
  // Their silence counts from now: there may have been nothing to say before.
  for (const life of others) core.heardMs.set(life, nowMs);
  renewLease(core, lead);
  core.busy.add(slot);
  // Learners are filled by whoever serves.
  for (const life of learners) lead.learners.set(life, newLearner(core, slot, life));
  ask(core, slot, lead);
  collected(core, slot, lead);
}

/** Asks those that have not reported. */
function ask(core: Core, slot: Slot, lead: Lead): void {
  const takeover = lead.takeover!;
  const nowMs = core.environment.nowMs();
  takeover.askAgainMs = nowMs + takeover.pauseMs;
  takeover.pauseMs = Math.min(core.times.askAgainMsMax, takeover.pauseMs * 2);
  for (const life of lead.inSync.keys()) if (!takeover.reported.has(life)) askOne(core, slot, lead, life);
}

function askOne(core: Core, slot: Slot, lead: Lead, life: Life): void {
  const { number, dataEpoch, log } = slot;
  core.environment.send(life, { kind: 'query', slot: number, epoch: lead.epoch, dataEpoch, last: log.last });
}

/** The members changed meanwhile: everybody is asked again, in the new epoch. */
export function restartTakeover(core: Core, slot: Slot, lead: Lead): void {
  const takeover = lead.takeover!;
  takeover.reported.clear();
  takeover.beganMs = core.environment.nowMs();
  takeover.pauseMs = core.times.askAgainMsMin;
  ask(core, slot, lead);
  collected(core, slot, lead);
}

export function onReport(core: Core, from: Life, message: ReportMessage): void {
  const slot = core.slots[message.slot]!;
  const { lead } = slot;
  const follower = lead?.inSync.get(from);
  if (!lead?.takeover || follower === undefined) return;
  if (message.epoch !== lead.epoch || lead.epoch !== slot.epoch || lead.takeover.reported.has(from)) return;
  lead.takeover.servedEpoch = Math.max(lead.takeover.servedEpoch, message.servedEpoch);
  const { last } = slot.log;
  for (const entry of message.entries) {
    if (entry.sequence !== slot.log.last + 1) continue;
    // No room for what must not be dropped. It is not committed, as it is not here: whoever has it is to leave, and to
    // come back without it.
    if (!core.store.apply(slot.number, entry)) return proposeAgain(core, slot, follower, 'shrink');
    slot.log.push(entry);
    core.counters.entriesApplied++;
  }
  // Not all of its suffix fitted into one message.
  if (message.last > slot.log.last) return slot.log.last > last ? askOne(core, slot, lead, from) : undefined;
  if (message.committed > slot.committed) {
    slot.committed = message.committed;
    core.environment.onCommitted(slot.number, message.committed);
  }
  lead.takeover.reported.set(from, message.last);
  follower.acked = message.last;
  follower.progressMs = core.environment.nowMs();
  goBack(core, slot, follower);
  collected(core, slot, lead);
}

/** Once all have reported: sends what some of them lack. */
function collected(core: Core, slot: Slot, lead: Lead): void {
  if (lead.takeover!.reported.size < lead.inSync.size) return;
  core.unsent.add(slot);
  core.beaconSoon.add(slot);
  advance(core, slot);
  maybeServe(core, slot);
}

/** Serves, if everything that was collected is committed and no promise stands against it. */
export function maybeServe(core: Core, slot: Slot): void {
  const lead = slot.lead!;
  const takeover = lead.takeover!;
  if (takeover.reported.size < lead.inSync.size || slot.committed < slot.log.last) return;
  if (lead.epoch !== slot.epoch || core.environment.nowMs() < promisedUntilMs(core, slot, lead)) return;
  lead.takeover = null;
  slot.servedEpoch = lead.epoch;
  core.counters.takeovers++;
  core.beaconSoon.add(slot);
  tellCommitted(core, slot, lead);
  core.busy.add(slot);
}

/**
 * Until when a former primary may believe that it leads, by a promise of this node or by one of a copy that ended. One
 * before an epoch in which somebody began to serve believes it no more: it had reported then, or was waited for. So a
 * slot may move on at once.
 */
function promisedUntilMs(core: Core, slot: Slot, { takeover }: Lead): number {
  const { reported, servedEpoch } = takeover!;
  let untilMs = slot.quietUntilMs;
  for (const promise of slot.promises) {
    if (promise.epoch < servedEpoch || reported.has(promise.life) || hasEnded(core, promise.life)) continue;
    untilMs = Math.max(untilMs, promise.untilMs);
  }
  return untilMs;
}

/** Looks at a takeover as time passes. */
export function tickTakeover(core: Core, slot: Slot, lead: Lead): void {
  const takeover = lead.takeover!;
  const nowMs = core.environment.nowMs();
  if (takeover.reported.size === lead.inSync.size) return maybeServe(core, slot);
  if (nowMs >= takeover.askAgainMs) ask(core, slot, lead);
  for (const follower of lead.inSync.values()) {
    const { life } = follower;
    if (takeover.reported.has(life)) continue;
    // Whoever is heard will report, too, once it has the view; if it cannot, that shows a while later.
    const isSilent = nowMs - Math.max(takeover.beganMs, core.heardMs.get(life) ?? 0) >= patienceMs(core, life);
    if (isSilent || nowMs - takeover.beganMs >= core.times.firstPatienceMs)
      proposeAgain(core, slot, follower, 'shrink');
  }
}
