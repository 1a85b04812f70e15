/** What the rules of replication share: the slots of one node, and what waits to be sent or looked at. */
import type { ReplicationCounters, ReplicationEnvironment, SlotStore } from './environment.ts';
import type { Life } from './messages.ts';
import type { ServingTable } from './serving-table.ts';
import type { Slot } from './slot.ts';
import type { SlotSet } from './slot-set.ts';
import type { ReplicationTimes } from './times.ts';

export interface Core {
  readonly self: Life;
  readonly environment: ReplicationEnvironment;
  readonly store: SlotStore;
  readonly times: ReplicationTimes;
  readonly counters: ReplicationCounters;
  readonly slots: readonly Slot[];
  readonly serving: ServingTable;
  /** Slots that this node leads and in which something waits for an answer or for time to pass. */
  readonly busy: SlotSet;
  /** Slots of which copies have not been told what is committed. */
  readonly untold: SlotSet;
  /** Slots with entries that have not been sent to somebody. */
  readonly unsent: SlotSet;
  /** Monotonic time at which anything was last heard of a life. */
  readonly heardMs: Map<Life, number>;
  /** When each life was first heard of; new ones are given more time. */
  readonly metMs: Map<Life, number>;
  /** The life of each node of the newest view, by the node's id. */
  lives: ReadonlyMap<string, { readonly life: Life; readonly isDead: boolean }>;
  /** Slots for which a promise is needed soon: a beacon about them leaves with the next flush. */
  readonly beaconSoon: SlotSet;
  /** The number of the next session. */
  nextSession: number;
}

export function newCounters(): ReplicationCounters {
  return {
    entriesAppended: 0,
    entriesApplied: 0,
    takeovers: 0,
    stepDowns: 0,
    sessionsBegun: 0,
    sessionsRestarted: 0,
    joinsProposed: 0,
    shrinksProposed: 0,
    messagesRefused: 0,
    wipes: 0,
    invalidRoles: 0,
    fullRefusals: 0,
  };
}

/**
 * Whether a life has ended for certain, so that its promises are not waited for: the view says so, or another life of
 * its node has taken its place (P1, P7).
 */
export function hasEnded({ lives }: Core, life: Life): boolean {
  const node = lives.get(life.slice(0, life.lastIndexOf('/')));
  return node !== undefined && (node.isDead || node.life !== life);
}

/** Takes note of an epoch (rule P4): a lead of an older one does not serve from now on. */
export function sawEpoch(core: Core, slot: Slot, epoch: number): void {
  if (epoch > slot.epoch) slot.epoch = epoch;
  if (epoch > slot.viewEpoch) core.environment.behind();
}

/** Ends the tenure of this node: another leads, or will. What is not committed waits for what the other makes of it. */
export function stepDown(core: Core, slot: Slot): void {
  if (slot.lead === null) return;
  for (const follower of slot.lead.learners.values()) follower.filling?.reading?.close();
  slot.lead = null;
  core.busy.delete(slot);
  core.untold.delete(slot);
  core.unsent.delete(slot);
  core.beaconSoon.delete(slot);
  core.counters.stepDowns++;
}

/** Forgets what is here of a slot (rules P8, P9); the next entry is the one after `last`. */
export function wipe(core: Core, slot: Slot, last: number): void {
  stepDown(core, slot);
  core.environment.onLost(slot.number);
  core.store.wipe(slot.number);
  slot.clear(last);
  core.counters.wipes++;
}

/** Asks again for a change of a follower's membership, if the last time is a while ago. */
export function proposeAgain(
  core: Core,
  slot: Slot,
  follower: { readonly life: Life; proposedMs: number },
  kind: 'shrink' | 'join',
  { full = false }: { readonly full?: boolean } = {},
): void {
  const nowMs = core.environment.nowMs();
  if (nowMs - follower.proposedMs < core.times.proposeAgainMs) return;
  follower.proposedMs = nowMs;
  if (kind === 'shrink') core.counters.shrinksProposed++;
  else core.counters.joinsProposed++;
  core.environment.propose({
    slot: slot.number,
    epoch: slot.lead!.epoch,
    kind,
    life: follower.life,
    ...(full ? { full } : {}),
  });
}

/** How long a life may be silent before its copies are proposed to leave, in ms: one that has just begun is slow. */
export function patienceMs({ metMs, times, environment }: Core, life: Life): number {
  const firstMs = metMs.get(life);
  const isNew = firstMs === undefined || environment.nowMs() - firstMs < times.firstPatienceMs;
  return isNew ? times.firstPatienceMs : times.silentMs;
}
