/**
 * The replication of a storage node: primary and backups with an in-sync set that the control plane keeps (the shape
 * of PacificA: Lin et al., MSR-TR-2008-25), for all slots of the node. `SPEC.md` has the rules and their reasons.
 *
 * Goals: one order of writes per slot; no acknowledged write lost while an in-sync copy lives; reads from the primary
 * are linearizable; the control plane may be down. Non-goals: I/O, bytes, placement; what an entry means.
 *
 * A state machine: every method is synchronous, time and network are injected, and the same calls in the same order
 * do the same. The simulator and the node run this code as it is.
 */
import type { View } from '../../shared/fleet-state.ts';
import { slotCount } from '../../shared/slots.ts';
import { Beacons } from './beacons.ts';
import { type Core, newCounters, patienceMs, proposeAgain } from './core.ts';
import type { ReplicationCounters, ReplicationEnvironment, SlotStore } from './environment.ts';
import { onCopied, pump, repeatFilling, tickLearner } from './filling.ts';
import { onAppend, onCopy, onJoin, onQuery } from './following.ts';
import {
  advance,
  followerOf,
  goBack,
  noteUntold,
  onAck,
  onFull,
  onRefuse,
  sendToAll,
  tellUntold,
  tickFollowers,
} from './leading.ts';
import { type Life, lifeOf, type ReplicationMessage } from './messages.ts';
import { applyRow } from './roles.ts';
import { ServingTable } from './serving-table.ts';
import { isHeld, Slot } from './slot.ts';
import { SlotSet } from './slot-set.ts';
import { onReport, tickTakeover } from './takeover.ts';
import { type ReplicationTimes, replicationTimes } from './times.ts';

export interface ReplicationParts {
  readonly self: Life;
  readonly environment: ReplicationEnvironment;
  readonly store: SlotStore;
  /** Those of `times.ts` when absent. */
  readonly times?: ReplicationTimes;
  /** The first so many slots; all when absent. A simulated fleet has few, which makes it many times faster. */
  readonly slots?: number;
}

/** What a slot is ready for: `moved` says that another node leads it, `not_ready` that this one does not serve it now. */
export type Admission = 'serve' | 'not_ready' | 'moved';

export class Replication {
  readonly #core: Core;
  readonly #beacons: Beacons;
  #view: View | null = null;
  /** By slot, beside each other: a slot's own objects are spread over memory (`serving-table.ts`). */
  readonly #hasRole: Uint8Array;
  #peers = new Set<Life>();
  #tickedMs: number;
  readonly #logTotal = { bytes: 0 };

  constructor({ self, environment, store, times = replicationTimes, slots = slotCount }: ReplicationParts) {
    this.#core = {
      self,
      environment,
      store,
      times,
      counters: newCounters(),
      slots: Array.from({ length: slots }, (_, number) => new Slot(number, this.#logTotal)),
      serving: new ServingTable(slots),
      busy: new SlotSet(slots),
      untold: new SlotSet(slots),
      unsent: new SlotSet(slots),
      heardMs: new Map(),
      metMs: new Map(),
      lives: new Map(),
      beaconSoon: new SlotSet(slots),
      nextSession: 1,
    };
    this.#beacons = new Beacons(this.#core);
    this.#hasRole = new Uint8Array(slots);
    this.#tickedMs = environment.nowMs();
  }

  get counters(): Readonly<ReplicationCounters> {
    return this.#core.counters;
  }

  get viewNumber(): number {
    return this.#view?.number ?? -1;
  }

  /**
   * Takes over a newer view; an older one is ignored. A role of another life of this node is none (rule P1). Rows that
   * are those of the last view are not looked at again: most views change a few.
   */
  applyView(view: View): void {
    if (view.number <= this.viewNumber) return;
    const core = this.#core;
    const former = this.#view;
    this.#view = view;
    const lives = view.nodes.map(lifeOf);
    core.lives = new Map(view.nodes.map((node) => [node.id, { life: lifeOf(node), isDead: node.state === 'dead' }]));
    const isSameNodes =
      former?.nodes.length === lives.length && former.nodes.every((node, index) => lifeOf(node) === lives[index]);
    const knownRows = isSameNodes ? former.slots : [];
    const holds = new Uint8Array(lives.length);
    for (let number = 0; number < core.slots.length; number++) {
      const row = view.slots[number]!;
      if (row !== knownRows[number]) {
        const slot = core.slots[number]!;
        applyRow(core, slot, row, lives);
        this.#hasRole[number] = slot.role === 'none' ? 0 : 1;
        core.serving.note(slot);
      }
      if (this.#hasRole[number] === 0) continue;
      for (const index of row[2]) holds[index] = 1;
      for (const index of row[3]) holds[index] = 1;
    }
    for (const slot of core.busy.all()) {
      if (slot.lead?.takeover) tickTakeover(core, slot, slot.lead);
      core.serving.note(slot);
    }
    this.#hearPeers(new Set(lives.filter((life, index) => holds[index] === 1 && life !== core.self)));
    this.flush();
  }

  #hearPeers(peers: Set<Life>): void {
    const { heardMs, metMs, environment } = this.#core;
    for (const life of heardMs.keys()) {
      if (peers.has(life)) continue;
      heardMs.delete(life);
      metMs.delete(life);
    }
    for (const life of peers) if (!heardMs.has(life)) heardMs.set(life, environment.nowMs());
    this.#peers = peers;
  }

  onMessage(from: Life, message: ReplicationMessage): void {
    const core = this.#core;
    if (core.heardMs.has(from)) {
      const nowMs = core.environment.nowMs();
      core.heardMs.set(from, nowMs);
      if (!core.metMs.has(from)) core.metMs.set(from, nowMs);
    }
    this.#take(from, message);
    if ('slot' in message) core.serving.note(core.slots[message.slot]!);
    else if (message.kind === 'beacon') for (const number of message.slots) core.serving.note(core.slots[number]!);
  }

  #take(from: Life, message: ReplicationMessage): void {
    const core = this.#core;
    switch (message.kind) {
      case 'append':
        return onAppend(core, from, message);
      case 'ack':
        return onAck(core, from, message);
      case 'refuse':
        return onRefuse(core, message);
      case 'full':
        return onFull(core, from, message);
      case 'beacon':
        return this.#beacons.onBeacon(from, message);
      case 'promise':
        return this.#beacons.onPromise(from, message);
      case 'query':
        return onQuery(core, from, message);
      case 'report':
        return onReport(core, from, message);
      case 'join':
        return onJoin(core, from, message);
      case 'copy':
        return onCopy(core, from, message);
      case 'copied':
        return onCopied(core, from, message);
    }
  }

  /** The link to a life is new: what it had not acknowledged goes again. */
  onConnected(life: Life): void {
    const core = this.#core;
    for (const slot of core.slots) {
      const { lead } = slot;
      const follower = lead === null ? undefined : followerOf(lead, life);
      if (lead === null || follower === undefined) continue;
      core.beaconSoon.add(slot);
      if (lead.takeover !== null) lead.takeover.askAgainMs = core.environment.nowMs();
      // What was told of the last commit may be lost as well.
      if (follower.filling === null) noteUntold(core, slot, lead);
      else repeatFilling(core, follower);
      goBack(core, slot, follower);
      core.busy.add(slot);
    }
  }

  /** The store has more parts of a slot for a reading that had none. */
  onReadable(number: number): void {
    const slot = this.#core.slots[number]!;
    if (slot.lead === null) return;
    for (const follower of slot.lead.learners.values()) pump(this.#core, slot, follower, follower.filling!);
  }

  /** To be called every `tickMs`. */
  onTick(): void {
    const core = this.#core;
    const nowMs = core.environment.nowMs();
    this.#hearAfterPause(nowMs);
    this.#proposeSilent(nowMs);
    for (const slot of core.busy.all()) {
      if (!this.#tickSlot(slot)) core.busy.delete(slot);
      core.serving.note(slot);
    }
    tellUntold(core, nowMs);
    const isDue = this.#beacons.isDue(nowMs);
    if (isDue) core.beaconSoon.takeAll();
    this.flush();
    if (isDue) this.#beacons.sendAll();
  }

  /** Whoever was paused itself knows nothing of the silence of others meanwhile; what was silent before stays so. */
  #hearAfterPause(nowMs: number): void {
    const { times, heardMs } = this.#core;
    const pauseMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    if (pauseMs <= times.pausedMs) return;
    for (const [life, atMs] of heardMs) heardMs.set(life, Math.min(nowMs, atMs + pauseMs));
  }

  #proposeSilent(nowMs: number): void {
    const core = this.#core;
    const silent = new Set<Life>();
    for (const [life, heardMs] of core.heardMs) if (nowMs - heardMs > patienceMs(core, life)) silent.add(life);
    if (silent.size === 0) return;
    for (const slot of core.slots) {
      if (slot.lead === null || slot.lead.epoch !== slot.epoch) continue;
      for (const follower of slot.lead.inSync.values())
        if (silent.has(follower.life)) proposeAgain(core, slot, follower, 'shrink');
    }
  }

  /** Whether the slot has to be looked at again. */
  #tickSlot(slot: Slot): boolean {
    const core = this.#core;
    const { lead } = slot;
    if (lead === null) return false;
    // Suspended: the view that says what has become of the slot is on its way.
    if (lead.epoch !== slot.epoch) return true;
    if (lead.takeover !== null) {
      tickTakeover(core, slot, lead);
      if (lead.takeover?.reported.size !== lead.inSync.size) return true;
    }
    const waits = tickFollowers(core, slot, lead);
    for (const follower of [...lead.learners.values()]) tickLearner(core, slot, follower);
    return waits || lead.takeover !== null || lead.learners.size > 0;
  }

  /** Sends what was appended since the last call; to be called at the end of each turn of the event loop. */
  flush(): void {
    const core = this.#core;
    if (core.unsent.size > 0) for (const slot of core.unsent.takeAll()) sendToAll(core, slot);
    if (core.beaconSoon.size > 0) this.#beacons.send(core.beaconSoon.takeAll());
  }

  /** What may be done with the slot at this moment, by the clock of this moment (rule P5). */
  admission(number: number): Admission {
    const untilMs = this.#core.serving.untilMs(number);
    if (untilMs === Number.POSITIVE_INFINITY) return 'serve';
    if (Number.isNaN(untilMs)) return 'moved';
    return this.#core.environment.nowMs() < untilMs ? 'serve' : 'not_ready';
  }

  /** Whether what was read under `admission` was true until this moment. To be asked after the reading. */
  leaseHolds(number: number): boolean {
    return this.admission(number) === 'serve';
  }

  /** Whether an in-sync copy is here, for reads that may lag. */
  mayReadCopy(number: number): boolean {
    const { role, valid } = this.#core.slots[number]!;
    return valid && (role === 'primary' || role === 'copy');
  }

  /** Whether anybody has to be given the slot's entries; if not, `appendAlone` does. */
  hasFollowers(number: number): boolean {
    return this.#core.serving.isFollowed(number);
  }

  /** Sequence that the next append will give. */
  nextSequence(number: number): number {
    return this.#core.slots[number]!.log.last + 1;
  }

  /** Orders the result of an operation, which the store has already; the slot must have been admitted. */
  append(number: number, hash: number, payload: Uint8Array): number {
    const core = this.#core;
    const slot = core.slots[number]!;
    if (!slot.serving) throw new Error('a slot that is not served takes no entries');
    const sequence = slot.log.last + 1;
    slot.log.push({ sequence, hash, payload });
    core.counters.entriesAppended++;
    core.unsent.add(slot);
    if (slot.lead!.inSync.size === 0) advance(core, slot);
    return sequence;
  }

  /** The same without an entry, for a slot without followers: it is committed at once. */
  appendAlone(number: number): number {
    const core = this.#core;
    const slot = core.slots[number]!;
    if (!slot.serving || this.hasFollowers(number)) throw new Error('a slot with followers needs its entries');
    const sequence = slot.log.last + 1;
    slot.log.reset(sequence);
    slot.committed = sequence;
    core.counters.entriesAppended++;
    return sequence;
  }

  /** Sequence of the newest entry about this hash that is not committed; 0 when there is none. */
  pendingSequence(number: number, hash: number): number {
    const { log, committed } = this.#core.slots[number]!;
    for (let sequence = log.last; sequence > committed; sequence--) if (log.at(sequence).hash === hash) return sequence;
    return 0;
  }

  /** Everything up to here is on all in-sync copies. */
  committed(number: number): number {
    return this.#core.slots[number]!.committed;
  }

  /** In-sync copies by the newest view, this one included. */
  inSyncCopies(number: number): number {
    return this.#core.slots[number]!.inSyncCopies;
  }

  /** Whether a message told of a newer epoch of the slot than the newest view: then that view's copies are past. */
  isViewBehind(number: number): boolean {
    const { epoch, viewEpoch } = this.#core.slots[number]!;
    return epoch > viewEpoch;
  }

  dataEpoch(number: number): number {
    return this.#core.slots[number]!.dataEpoch;
  }

  /** Lives that hold slots of this node's, or are to: those that it exchanges messages with. */
  peers(): ReadonlySet<Life> {
    return this.#peers;
  }

  /** How long each peer that was ever heard has been silent, in ms. */
  silences(): { readonly life: Life; readonly silentMs: number }[] {
    const nowMs = this.#core.environment.nowMs();
    const { heardMs, metMs } = this.#core;
    return [...heardMs].filter(([life]) => metMs.has(life)).map(([life, ms]) => ({ life, silentMs: nowMs - ms }));
  }

  /** Slots of which this node is primary by its newest view. */
  primarySlots(): number[] {
    return this.#core.serving.slotsWith((untilMs) => !Number.isNaN(untilMs));
  }

  /** Those of them that it does not serve yet. */
  notServing(): number[] {
    return this.#core.serving.slotsWith((untilMs) => untilMs === Number.NEGATIVE_INFINITY);
  }

  /** Slots of which something is here, whatever the role. */
  heldSlots(): number[] {
    return this.#core.slots.filter(isHeld).map(({ number }) => number);
  }

  /** Bytes of entries that are kept for somebody. */
  logBytes(): number {
    return this.#logTotal.bytes;
  }

  /** Slots that this node leads and whose entries wait for somebody's acknowledgement. */
  slotsLagging(): number {
    let lagging = 0;
    for (const { log, committed } of this.#core.busy.all()) if (committed < log.last) lagging++;
    return lagging;
  }
}
