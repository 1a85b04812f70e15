/** Kills and stops of storage nodes under load: how long the keys of the victim cannot be written. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/shared/clock.ts';
import { Fleet } from '../../test/chaos/fleet/fleet.ts';
import { type FleetProcess, until } from '../../test/chaos/fleet/fleet-process.ts';
import { slotOfKey } from '../../test/chaos/fleet/view-watch.ts';
import { PlainNetwork } from '../../test/chaos/network/network.ts';
import { failoverLimits } from './limits.ts';
import { OpenLoad } from './open-load.ts';
import { settled } from './settled.ts';
import { WriteGaps } from './write-gaps.ts';

export interface OneFault {
  readonly victim: string;
  /** Longest time without a successful write of a key whose primary was on the victim, in ms. */
  readonly primary_gap_ms: number;
  /** The same of keys of which the victim had another copy. */
  readonly replica_gap_ms: number;
  /** And of keys that the victim had no copy of. */
  readonly other_gap_ms: number;
  /** Slots of which it had the only copy in sync: they wait until it is back, or its death is certain. */
  readonly sole_copies: number;
  readonly keys: { readonly primary: number; readonly replica: number; readonly other: number };
}

export interface FaultGaps {
  readonly kind: 'kill' | 'kill_told' | 'stop';
  readonly faults: readonly OneFault[];
  readonly requests: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Slots that restarted empty: must be none. */
  readonly slots_lost: number;
}

const cache = 'default';
const keyNames = Array.from({ length: failoverLimits.keys }, (_, index) => `key-${index}`);

/** A fleet under load that its nodes are taken from, one after another. */
export class FaultBench {
  readonly #fleet: Fleet;
  readonly #load: OpenLoad;
  readonly #gaps = new WriteGaps();
  readonly #say: (line: string) => void;

  private constructor(fleet: Fleet, say: (line: string) => void) {
    this.#fleet = fleet;
    this.#say = say;
    this.#load = new OpenLoad(fleet.urls, fleet.authorization);
  }

  static async start(stack: AsyncDisposableStack, say: (line: string) => void): Promise<FaultBench> {
    const fleet = await Fleet.start(stack, new PlainNetwork(), {
      zones: ['a', 'b', 'c'],
      nodesPerZone: 1,
      gateways: 2,
      store: 'embedded',
      replicationFactor: 2,
      nodeMemoryBytes: failoverLimits.nodeMemoryBytes,
    });
    const bench = new FaultBench(fleet, say);
    stack.defer(() => bench.#load.stop());
    const { writeEveryMs, perKeyMax, keys } = failoverLimits;
    const body = new Uint8Array(100).fill(120);
    for (const [index, key] of keyNames.entries()) {
      const onSuccess = (nowMs: number) => bench.#gaps.succeeded(key, nowMs);
      const write = { method: 'PUT', path: `/cache/${cache}?key=${key}`, body, statuses: [204], onSuccess } as const;
      bench.#load.every(writeEveryMs, perKeyMax, () => write, (writeEveryMs * index) / keys);
    }
    return bench;
  }

  async run(kind: FaultGaps['kind'], count: number): Promise<FaultGaps> {
    const lostBefore = this.#fleet.views.resets.length;
    this.#load.figures();
    const faults: OneFault[] = [];
    for (let index = 0; index < count; index++) {
      const victim = this.#fleet.storage[index % this.#fleet.storage.length]!;
      const fault = await this.#fault(kind, victim);
      faults.push(fault);
      const { primary_gap_ms, replica_gap_ms, sole_copies } = fault;
      const sole = sole_copies > 0 ? `, ${sole_copies} slots had no other copy` : '';
      this.#say(`${kind} ${index + 1} of ${count}: ${primary_gap_ms} ms, replicas ${replica_gap_ms} ms${sole}`);
    }
    const { requests, kinds } = this.#load.figures();
    const slots_lost = this.#fleet.views.resets.length - lostBefore;
    return { kind, faults, requests, failures: kinds, slots_lost };
  }

  async #fault(kind: FaultGaps['kind'], victim: FleetProcess): Promise<OneFault> {
    const fleet = this.#fleet;
    await this.#untilWhole();
    const life = fleet.views.lifeOf(victim.name)!;
    const placement = (key: string) => fleet.views.placement(slotOfKey(cache, key)).copies;
    const primary = keyNames.filter((key) => placement(key)[0] === life);
    const replica = keyNames.filter((key) => placement(key).indexOf(life) > 0);
    const other = keyNames.filter((key) => !placement(key).includes(life));
    const soleCopies = fleet.views.copiesOf(life).filter((slot) => fleet.views.placement(slot).copies.length === 1);
    const faultMs = systemClock.monotonicMs();
    if (kind === 'stop') victim.stop();
    else await victim.kill();
    if (kind === 'kill_told') await fleet.tellGone(life);
    const { healMs, writeEveryMs, afterMs, stopMs } = failoverLimits;
    const healed = () => this.#gaps.goOn(keyNames, faultMs + afterMs, systemClock.monotonicMs(), 3 * writeEveryMs);
    await pause(kind === 'stop' ? stopMs : afterMs);
    await until(healed, healMs);
    await pause(afterMs);
    const nowMs = systemClock.monotonicMs();
    const longest = (keys: readonly string[]) => Math.round(this.#gaps.longestOf(keys, faultMs, nowMs));
    const result: OneFault = {
      victim: victim.name,
      primary_gap_ms: longest(primary),
      replica_gap_ms: longest(replica),
      other_gap_ms: longest(other),
      sole_copies: soleCopies.length,
      keys: { primary: primary.length, replica: replica.length, other: other.length },
    };
    if (kind === 'stop') victim.resume();
    else {
      victim.launch();
      await victim.ready();
    }
    this.#gaps.forget(systemClock.monotonicMs() - failoverLimits.steadyMs);
    return result;
  }

  /** Every slot has all its copies, and every node is the primary of some. */
  async #untilWhole(): Promise<void> {
    const { views, storage, urls, authorization } = this.#fleet;
    // A node that comes and goes so often is held back for minutes; here that is forgiven.
    const answer = await fetch(`${urls[0]}/fleet/rebalance`, { method: 'POST', headers: { authorization } });
    if (!answer.ok) throw new Error(`the fleet does not rebalance: ${answer.status}`);
    await answer.arrayBuffer();
    await settled(this.#fleet, () => storage.every(({ name }) => views.primaryOf(views.lifeOf(name) ?? '').length > 0));
  }
}
