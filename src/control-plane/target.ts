/**
 * Where the copies of all slots should be, given where they are: rendezvous hashing with bounded loads (Mirrokni,
 * Thorup and Zadimoghaddam 2018), and with as few moves as balance allows.
 *
 * Pure rendezvous hashing gives 27 copies each to 300 nodes, and to the fullest of them 45. So the scores decide only
 * between nodes that have room: what a node holds stays there unless the node is over its band, a copy that is missing
 * goes to the node of the highest score below its bound, and a node under its band is filled with the slots for which
 * its score is highest. A node that comes back so gets mostly what it had.
 */
import { fairShares } from './fair-shares.ts';
import { controlPlaneLimits } from './limits.ts';
import { balancePrimaries } from './target-primaries.ts';

export interface TargetNode {
  readonly id: string;
  readonly zone: string;
  readonly weight: number;
  /** Keeps what it holds. One that does not is emptied. */
  readonly keeps: boolean;
  /** May be given more; only one that also keeps. One that keeps and does not accept gets what nobody else may have. */
  readonly accepts: boolean;
}

/** In-sync copies, primary first, and learners, as indices into the nodes. */
export interface Holders {
  readonly copies: readonly number[];
  readonly learners: readonly number[];
}

export interface TargetOptions {
  readonly replicationFactor: number;
  /** Scores of a node for each slot at weight 1. */
  readonly scoresOf: (id: string) => Float64Array;
  /** Whether a slot is not to be given to a node for now. */
  readonly avoids?: (slot: number, node: number) => boolean;
}

/** Nodes with what the loads of a placement may be, and what they are. */
export class Loads {
  readonly nodes: readonly TargetNode[];
  readonly shares: Float64Array;
  /** Whole copies of each share. */
  readonly wholeShares: Int32Array;
  readonly zones: Int32Array;
  readonly zoneCount: number;
  /** Copies that each node has. */
  readonly copies: Int32Array;
  readonly scores: readonly Float64Array[];
  readonly avoids: (slot: number, node: number) => boolean;
  readonly factor: number;

  constructor(nodes: readonly TargetNode[], slots: number, options: TargetOptions) {
    const zoneNames = [...new Set(nodes.map(({ zone }) => zone))];
    const sharing = nodes.map((node, index) => ({ ...node, index })).filter(({ keeps }) => keeps);
    const shares = fairShares(sharing, slots, options.replicationFactor);
    this.nodes = nodes;
    this.shares = new Float64Array(nodes.length);
    for (const [at, { index }] of sharing.entries()) this.shares[index] = shares[at]!;
    this.wholeShares = Int32Array.from(this.shares, Math.floor);
    this.zones = Int32Array.from(nodes, ({ zone }) => zoneNames.indexOf(zone));
    this.zoneCount = new Set(sharing.map(({ zone }) => zone)).size;
    this.copies = new Int32Array(nodes.length);
    this.scores = nodes.map(({ id }) => options.scoresOf(id));
    this.avoids = options.avoids ?? (() => false);
    this.factor = Math.min(options.replicationFactor, this.zoneCount);
  }

  score(node: number, slot: number): number {
    return this.scores[node]![slot]! * this.nodes[node]!.weight;
  }

  /** Copies above which a node is relieved. */
  most(node: number): number {
    const share = this.shares[node]!;
    return Math.max(Math.floor(share * (1 + controlPlaneLimits.balanceBand)), Math.floor(share) + 1);
  }

  /** Copies below which a node is filled. */
  least(node: number): number {
    return Math.floor(this.shares[node]! * (1 - controlPlaneLimits.balanceBand));
  }

  /** How full a node is; its share is 1. */
  fullness(node: number): number {
    return this.copies[node]! / Math.max(this.shares[node]!, Number.MIN_VALUE);
  }

  /** Whether a slot that these hold may have a copy at `node` too, once `leaving` is gone. */
  admits(slot: number, held: readonly number[], node: number, leaving = -1): boolean {
    return this.nodes[node]!.accepts && this.#fits(slot, held, node, leaving);
  }

  /** The same where a copy is missing that nobody else may have: better one that comes and goes than none. */
  admitsInNeed(slot: number, held: readonly number[], node: number): boolean {
    return this.nodes[node]!.keeps && this.#fits(slot, held, node, -1);
  }

  #fits(slot: number, held: readonly number[], node: number, leaving: number): boolean {
    for (const holder of held) {
      if (holder !== leaving && this.zones[holder] === this.zones[node]) return false;
      if (holder === node) return false;
    }
    return !this.avoids(slot, node);
  }
}

/** The nodes that should hold each slot, primary first. A slot that no node may hold stays without. */
export function balancedTarget(
  nodes: readonly TargetNode[],
  holders: readonly Holders[],
  options: TargetOptions,
): number[][] {
  const loads = new Loads(nodes, holders.length, options);
  const target = keptCopies(loads, holders);
  fillMissing(loads, target);
  fillUnderfull(loads, target);
  relieveOverfull(loads, target);
  balancePrimaries(loads, target, holders);
  return target;
}

/** Of each slot's holders those that stay. Where there are more than may be, the least full ones do. */
function keptCopies(loads: Loads, holders: readonly Holders[]): number[][] {
  const target: number[][] = [];
  const contested: number[] = [];
  for (let slot = 0; slot < holders.length; slot++) {
    const { copies, learners } = holders[slot]!;
    const kept = copies.filter((node) => loads.nodes[node]!.keeps);
    for (const node of learners) if (loads.nodes[node]!.keeps && !loads.avoids(slot, node)) kept.push(node);
    target.push(kept);
    if (kept.length > loads.factor || sharesZone(loads, kept)) contested.push(slot);
    else for (const node of kept) loads.copies[node]!++;
  }
  for (const slot of contested) {
    const byFullness = target[slot]!.toSorted((a, b) => loads.fullness(a) - loads.fullness(b));
    const chosen: number[] = [];
    for (const node of byFullness) {
      if (chosen.length < loads.factor && !chosen.some((other) => loads.zones[other] === loads.zones[node])) {
        chosen.push(node);
        loads.copies[node]!++;
      }
    }
    target[slot] = target[slot]!.filter((node) => chosen.includes(node));
  }
  return target;
}

function sharesZone(loads: Loads, nodes: readonly number[]): boolean {
  return nodes.some((node, place) => nodes.findIndex((other) => loads.zones[other] === loads.zones[node]) < place);
}

/** Gives slots with too few copies to the nodes of the highest score that have room; without any, to the least full. */
function fillMissing(loads: Loads, target: number[][]): void {
  const most = loads.nodes.map((_, node) => loads.most(node));
  for (let slot = 0; slot < target.length; slot++) {
    const held = target[slot]!;
    while (held.length < loads.factor) {
      let best = -1;
      let bestScore = 0;
      let emptiest = -1;
      for (let node = 0; node < loads.nodes.length; node++) {
        if (!loads.admits(slot, held, node)) continue;
        if (emptiest < 0 || loads.fullness(node) < loads.fullness(emptiest)) emptiest = node;
        const score = loads.copies[node]! < most[node]! ? loads.score(node, slot) : 0;
        if (score > bestScore) [best, bestScore] = [node, score];
      }
      const chosen = best >= 0 ? best : emptiest >= 0 ? emptiest : emptiestInNeed(loads, slot, held);
      if (chosen < 0) break;
      held.push(chosen);
      loads.copies[chosen]!++;
    }
  }
}

function emptiestInNeed(loads: Loads, slot: number, held: readonly number[]): number {
  let emptiest = -1;
  for (let node = 0; node < loads.nodes.length; node++) {
    if (!loads.admitsInNeed(slot, held, node)) continue;
    if (emptiest < 0 || loads.fullness(node) < loads.fullness(emptiest)) emptiest = node;
  }
  return emptiest;
}

/** Brings nodes under their band to their share, with slots of nodes that are over theirs. */
function fillUnderfull(loads: Loads, target: number[][]): void {
  const receivers = loads.nodes
    .map((_, node) => node)
    .filter((node) => loads.nodes[node]!.accepts && loads.copies[node]! < loads.least(node))
    .sort((a, b) => loads.fullness(a) - loads.fullness(b));
  for (const node of receivers) {
    const wanted: Offer[] = [];
    for (let slot = 0; slot < target.length; slot++) {
      const donor = donorFor(loads, target[slot]!, slot, node);
      if (donor >= 0) wanted.push({ slot, gain: loads.score(node, slot) / loads.score(donor, slot) });
    }
    const need = loads.wholeShares[node]! - loads.copies[node]!;
    for (const offers of bestFirst(wanted, need * 4)) {
      for (const { slot } of offers) {
        if (loads.copies[node]! >= loads.wholeShares[node]!) break;
        const held = target[slot]!;
        const donor = donorFor(loads, held, slot, node);
        if (donor >= 0) replace(loads, held, donor, node);
      }
      if (loads.copies[node]! >= loads.wholeShares[node]!) break;
    }
  }
}

interface Offer {
  readonly slot: number;
  readonly gain: number;
}

/** Offers by falling gain in two parts, so that seldom more than the first few of them have to be sorted. */
function* bestFirst(offers: readonly Offer[], count: number): Generator<Offer[]> {
  const gains = Float64Array.from(offers, ({ gain }) => gain).sort();
  const least = gains[Math.max(0, gains.length - count)] ?? 0;
  yield offers.filter(({ gain }) => gain >= least).sort((a, b) => b.gain - a.gain);
  yield offers.filter(({ gain }) => gain < least).sort((a, b) => b.gain - a.gain);
}

/** The fullest of a slot's holders that is over its share and that `node` may stand in for; -1: none. */
function donorFor(loads: Loads, held: readonly number[], slot: number, node: number): number {
  let donor = -1;
  for (const holder of held) {
    if (loads.copies[holder]! <= loads.wholeShares[holder]!) continue;
    if (donor >= 0 && loads.fullness(holder) <= loads.fullness(donor)) continue;
    if (loads.admits(slot, held, node, holder)) donor = holder;
  }
  return donor;
}

/** Takes from nodes over their band until they are in it: to nodes with room in their share, then in their band. */
function relieveOverfull(loads: Loads, target: number[][]): void {
  const isOver = (node: number) => loads.copies[node]! > loads.most(node);
  for (const room of [(node: number) => Math.ceil(loads.shares[node]!), (node: number) => loads.most(node)]) {
    const overfull = loads.nodes.map((_, node) => node).filter(isOver);
    if (overfull.length === 0) return;
    const slotsOf = new Map<number, number[]>(overfull.map((node) => [node, []]));
    for (let slot = 0; slot < target.length; slot++) for (const node of target[slot]!) slotsOf.get(node)?.push(slot);
    const limits = loads.nodes.map((_, node) => room(node));
    for (const donor of overfull) relieve(loads, target, donor, slotsOf.get(donor)!, limits);
  }
}

function relieve(
  loads: Loads,
  target: number[][],
  donor: number,
  slots: readonly number[],
  limits: readonly number[],
): void {
  const offers: { slot: number; node: number; gain: number }[] = [];
  for (const slot of slots) {
    let offer = { slot, node: -1, gain: 0 };
    for (let node = 0; node < loads.nodes.length; node++) {
      if (loads.copies[node]! >= limits[node]! || !loads.admits(slot, target[slot]!, node, donor)) continue;
      const gain = loads.score(node, slot) / loads.score(donor, slot);
      if (gain > offer.gain) offer = { slot, node, gain };
    }
    if (offer.node >= 0) offers.push(offer);
  }
  offers.sort((a, b) => b.gain - a.gain);
  for (const { slot, node } of offers) {
    if (loads.copies[donor]! <= loads.most(donor)) return;
    if (loads.copies[node]! < limits[node]!) replace(loads, target[slot]!, donor, node);
  }
}

function replace(loads: Loads, held: number[], donor: number, node: number): void {
  held[held.indexOf(donor)] = node;
  loads.copies[donor]!--;
  loads.copies[node]!++;
}
