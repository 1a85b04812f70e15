import type { Core } from './core.ts';
import { askConfirmation, newLearner } from './filling.ts';
import { advance, goBack, noteUntold, renewLease } from './leading.ts';
import type { Life } from './messages.ts';
import type { Follower, Lead, Slot } from './slot.ts';
import { restartTakeover } from './takeover.ts';

/**
 * Goes on leading with the members of a newer view. Nobody has led meanwhile: that would have needed this node's
 * report, or its removal from the set.
 *
 * False when somebody has become in sync whom this node has not filled: then it has to ask all of them.
 */
export function updateMembers(
  core: Core,
  slot: Slot,
  lead: Lead,
  others: readonly Life[],
  learners: readonly Life[],
): boolean {
  const inSync = new Map<Life, Follower>();
  for (const life of others) {
    const follower = lead.inSync.get(life) ?? lead.learners.get(life);
    if (follower === undefined || (follower.filling !== null && !follower.filling.joining)) return false;
    inSync.set(life, follower);
  }
  const filled = new Map<Life, Follower>();
  for (const [life, follower] of lead.learners) {
    if (learners.includes(life)) filled.set(life, follower);
    else follower.filling?.reading?.close();
  }
  for (const follower of inSync.values()) follower.filling = null;
  lead.inSync.clear();
  lead.learners.clear();
  for (const [life, follower] of inSync) lead.inSync.set(life, follower);
  for (const [life, follower] of filled) lead.learners.set(life, follower);
  for (const life of learners) if (!filled.has(life)) lead.learners.set(life, newLearner(core, slot, life));
  lead.epoch = slot.viewEpoch;
  // What was sent in the former epoch may have been refused.
  for (const follower of [...inSync.values(), ...filled.values()]) goBack(core, slot, follower);
  for (const follower of filled.values()) {
    const filling = follower.filling!;
    // What was proposed in an older epoch is refused by now; and the learner may have been out of the view meanwhile.
    filling.proposed = false;
    filling.progressMs = core.environment.nowMs();
    askConfirmation(core, slot, follower);
  }
  // What was told in the former epoch may have been refused, and a copy that was just taken in has heard nothing yet.
  if (inSync.size > 0) noteUntold(core, slot, lead);
  core.busy.add(slot);
  core.beaconSoon.add(slot);
  renewLease(core, lead);
  if (lead.takeover === null) advance(core, slot);
  else restartTakeover(core, slot, lead);
  return true;
}
