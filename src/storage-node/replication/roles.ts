/** What a view makes of one slot at this node: its role, and whether what is here still belongs to it (P1, P8, P9). */
import type { SlotAssignment } from '../../shared/fleet-state.ts';
import { type Core, stepDown, wipe } from './core.ts';
import { updateMembers } from './members.ts';
import type { Life } from './messages.ts';
import { hasLeft, type Slot } from './slot.ts';
import { beginTakeover } from './takeover.ts';

/** Takes over the slot's row of a newer view; `lives` are those of the view's nodes. */
export function applyRow(
  core: Core,
  slot: Slot,
  [epoch, dataEpoch, copies, learners]: SlotAssignment,
  lives: readonly Life[],
): void {
  // Older than what a message told of the slot: its roles are past, and to go by them could wipe what was filled
  // since. The view that belongs to the message is on its way.
  if (epoch > slot.viewEpoch && epoch >= slot.epoch) {
    const [inSync, filled] = [copies.map((index) => lives[index]!), learners.map((index) => lives[index]!)];
    applyRoles(core, slot, { epoch, dataEpoch }, inSync, filled);
  }
}

function applyRoles(
  core: Core,
  slot: Slot,
  { epoch, dataEpoch }: { epoch: number; dataEpoch: number },
  inSync: readonly Life[],
  learners: readonly Life[],
): void {
  const former = slot.role;
  slot.viewEpoch = epoch;
  slot.epoch = Math.max(slot.epoch, epoch);
  slot.inSyncCopies = inSync.length;
  const place = inSync.indexOf(core.self);
  slot.role = place === 0 ? 'primary' : place > 0 ? 'copy' : learners.includes(core.self) ? 'learner' : 'none';
  if (dataEpoch > slot.dataEpoch) {
    // It restarted empty: all of its copies begin with nothing (rule P8).
    wipe(core, slot, 0);
    slot.dataEpoch = dataEpoch;
    slot.valid = place >= 0;
    // In a slot's first epoch nobody can have led it.
    if (epoch > 1) slot.quietUntilMs = core.environment.nowMs() + core.times.promiseMs;
  } else if (hasLeft(slot, former, epoch)) {
    wipe(core, slot, 0);
  }
  if (slot.role !== 'primary') stepDown(core, slot);
  if (place >= 0 && !slot.valid) core.counters.invalidRoles++;
  if (slot.role !== 'primary' || !slot.valid) return;
  const others = inSync.slice(1);
  if (slot.lead === null || !updateMembers(core, slot, slot.lead, others, learners)) {
    stepDown(core, slot);
    beginTakeover(core, slot, others, learners);
  }
}
