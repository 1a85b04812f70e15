/**
 * Promises between two nodes, for all slots that the one leads and the other holds (rule P5): the primary sends a
 * beacon, the copy's answer is its promise not to take over for a while, and counts from the sending of the beacon.
 */
import { type Core, sawEpoch } from './core.ts';
import { maybeProposeJoin } from './filling.ts';
import { followerOf, isRequired, renewLease } from './leading.ts';
import type { BeaconMessage, Life, PromiseMessage } from './messages.ts';
import type { Slot } from './slot.ts';

interface BeaconUnderWay {
  readonly sentMs: number;
  readonly slots: number[];
  readonly epochs: number[];
}

/** Beacons of one peer that may be without an answer; older ones are forgotten, and their answers count for nothing. */
const beaconsUnderWayMax = 32;

export class Beacons {
  readonly #core: Core;
  readonly #underWay = new Map<Life, Map<number, BeaconUnderWay>>();
  #nextId = 1;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(core: Core) {
    this.#core = core;
  }

  isDue(nowMs: number): boolean {
    return nowMs - this.#sentMs >= this.#core.times.beaconMs;
  }

  /** Sends each peer all slots of this node that it holds. */
  sendAll(): void {
    this.#sentMs = this.#core.environment.nowMs();
    const lives = this.send(this.#core.slots);
    for (const life of this.#underWay.keys()) if (!lives.has(life)) this.#underWay.delete(life);
  }

  /** Sends each peer those of some slots that it holds; returns the peers that hold any. */
  send(slots: Iterable<Slot>): ReadonlyMap<Life, unknown> {
    const nowMs = this.#core.environment.nowMs();
    const lists = new Map<Life, BeaconUnderWay>();
    const add = (life: Life, slot: number, epoch: number): void => {
      let list = lists.get(life);
      if (list === undefined) {
        list = { sentMs: nowMs, slots: [], epochs: [] };
        lists.set(life, list);
      }
      list.slots.push(slot);
      list.epochs.push(epoch);
    };
    for (const { number, epoch, lead } of slots) {
      if (lead === null || lead.epoch !== epoch) continue;
      for (const { life } of lead.inSync.values()) add(life, number, epoch);
      for (const learner of lead.learners.values()) if (isRequired(learner)) add(learner.life, number, epoch);
    }
    for (const [life, list] of lists) this.#sendOne(life, list);
    return lists;
  }

  #sendOne(life: Life, list: BeaconUnderWay): void {
    const underWay = this.#underWay.get(life) ?? new Map<number, BeaconUnderWay>();
    this.#underWay.set(life, underWay);
    const id = this.#nextId++;
    underWay.set(id, list);
    for (const known of underWay.keys()) {
      if (underWay.size <= beaconsUnderWayMax) break;
      underWay.delete(known);
    }
    this.#core.environment.send(life, { kind: 'beacon', id, slots: list.slots, epochs: list.epochs });
  }

  onPromise(from: Life, message: PromiseMessage): void {
    const underWay = this.#underWay.get(from);
    const beacon = underWay?.get(message.id);
    if (underWay === undefined || beacon === undefined) return;
    for (const id of underWay.keys()) if (id <= message.id) underWay.delete(id);
    const core = this.#core;
    const refused = new Set(message.refusedSlots);
    message.refusedSlots.forEach((slot, i) => {
      sawEpoch(core, core.slots[slot]!, message.refusedEpochs[i]!);
      core.serving.note(core.slots[slot]!);
    });
    for (let i = 0; i < beacon.slots.length; i++) {
      const slot = core.slots[beacon.slots[i]!]!;
      const { lead } = slot;
      if (lead === null || refused.has(slot.number) || beacon.epochs[i]! < lead.firstEpoch) continue;
      const follower = followerOf(lead, from);
      if (follower === undefined || follower.promisedMs >= beacon.sentMs) continue;
      follower.promisedMs = beacon.sentMs;
      renewLease(core, lead);
      if (follower.filling !== null) maybeProposeJoin(core, slot, follower);
      core.serving.note(slot);
    }
  }

  onBeacon(from: Life, message: BeaconMessage): void {
    const core = this.#core;
    const untilMs = core.environment.nowMs() + core.times.promiseMs;
    const refusedSlots: number[] = [];
    const refusedEpochs: number[] = [];
    for (let i = 0; i < message.slots.length; i++) {
      const slot = core.slots[message.slots[i]!]!;
      const epoch = message.epochs[i]!;
      if (epoch < slot.epoch) {
        refusedSlots.push(slot.number);
        refusedEpochs.push(slot.epoch);
        continue;
      }
      sawEpoch(core, slot, epoch);
      notePromise(slot, from, epoch, untilMs, untilMs - core.times.promiseMs);
    }
    core.environment.send(from, { kind: 'promise', id: message.id, refusedSlots, refusedEpochs });
  }
}

/** Notes a promise; those that had ended by `nowMs` are forgotten. */
function notePromise(slot: Slot, life: Life, epoch: number, untilMs: number, nowMs: number): void {
  for (const known of slot.promises) {
    if (known.life !== life) continue;
    known.epoch = epoch;
    known.untilMs = untilMs;
    return;
  }
  slot.promises = [...slot.promises.filter((known) => known.untilMs > nowMs), { life, epoch, untilMs }];
}
