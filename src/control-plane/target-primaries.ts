/** Which of its copies should be a slot's primary: as it is, unless a node has too many or too few of them. */
import { controlPlaneLimits } from './limits.ts';
import type { Holders, Loads } from './target.ts';

/** Puts the primary of each slot first. Only a copy that is in sync comes before the others. */
export function balancePrimaries(loads: Loads, target: number[][], holders: readonly Holders[]): void {
  const balance = new PrimaryBalance(loads, target.length);
  const open: number[] = [];
  for (let slot = 0; slot < target.length; slot++) {
    const held = target[slot]!;
    if (held.length === 0) continue;
    const { copies } = holders[slot]!;
    const present = copies[0];
    if (present === undefined || held.includes(present)) balance.lead(held, present ?? held[0]!);
    else open.push(slot);
  }
  for (const slot of open) {
    const held = target[slot]!;
    const inSync = held.filter((node) => holders[slot]!.copies.includes(node));
    balance.lead(held, balance.emptiest(inSync.length > 0 ? inSync : held));
  }
  for (let slot = 0; slot < target.length; slot++) {
    const held = target[slot]!;
    if (held.length < 2) continue;
    const { copies } = holders[slot]!;
    const free = copies.length === 0;
    const others = held.filter((node) => node !== held[0] && (free || copies.includes(node)));
    if (others.length === 0) continue;
    const best = balance.emptiest(others);
    if (balance.gains(held[0]!, best)) balance.swap(held, best);
  }
}

class PrimaryBalance {
  readonly #shares: Float64Array;
  readonly #primaries: Int32Array;

  constructor(loads: Loads, slots: number) {
    const sum = loads.shares.reduce((total, share) => total + share, 0);
    this.#shares = loads.shares.map((share) => (sum === 0 ? 0 : (share * slots) / sum));
    this.#primaries = new Int32Array(loads.nodes.length);
  }

  lead(held: number[], primary: number): void {
    this.#primaries[primary]!++;
    moveFirst(held, primary);
  }

  swap(held: number[], primary: number): void {
    this.#primaries[held[0]!]!--;
    this.lead(held, primary);
  }

  emptiest(nodes: readonly number[]): number {
    return nodes.reduce((best, node) => (this.#fullness(node) < this.#fullness(best) ? node : best));
  }

  /** Whether it is worth a move: one of the two is out of its band, and neither passes its share for it. */
  gains(from: number, to: number): boolean {
    const band = controlPlaneLimits.primaryBand;
    const [fromShare, toShare] = [this.#shares[from]!, this.#shares[to]!];
    const isOver = this.#primaries[from]! > Math.max(Math.floor(fromShare * (1 + band)), Math.floor(fromShare) + 1);
    const isUnder = this.#primaries[to]! < Math.floor(toShare * (1 - band));
    if (!isOver && !isUnder) return false;
    return this.#primaries[from]! > Math.floor(fromShare) && this.#primaries[to]! + 1 <= Math.ceil(toShare);
  }

  #fullness(node: number): number {
    return this.#primaries[node]! / Math.max(this.#shares[node]!, Number.MIN_VALUE);
  }
}

function moveFirst(held: number[], node: number): void {
  const place = held.indexOf(node);
  if (place === 0) return;
  held.splice(place, 1);
  held.unshift(node);
}
