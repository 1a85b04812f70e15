/**
 * Target placement: weighted rendezvous hashing (highest random weight; Thaler and Ravishankar 1998, with
 * the logarithmic weighting of Schindelhauer and Schomaker 2005). Every (slot, node) pair has a fixed
 * score, so adding or removing a node moves only the slots that it wins or held.
 */
import { murmur3 } from '../shared/hash.ts';
import { slotCount } from '../shared/slots.ts';

export interface PlacementNode {
  readonly id: string;
  readonly zone: string;
  /** Share of the slots relative to the other nodes; above 0. */
  readonly weight: number;
}

const encoder = new TextEncoder();

/**
 * The copies of every slot as indices into `nodes`, primary first: the best node of each zone, best zone
 * first, at most `replicationFactor` of them (fewer when there are fewer zones). Does not depend on the
 * order of `nodes`.
 */
export function placeSlots(nodes: readonly PlacementNode[], replicationFactor: number): number[][] {
  if (!Number.isInteger(replicationFactor) || replicationFactor < 1) throw new RangeError('no replication factor');
  const seeds = nodes.map((node) => nodeSeed(node.id));
  const placement: number[][] = [];
  for (let slot = 0; slot < slotCount; slot++) {
    const scores = nodes.map((node, index) => slotScore(seeds[index]!, slot, node.weight));
    placement.push(copiesOf(nodes, scores, replicationFactor));
  }
  return placement;
}

function copiesOf(nodes: readonly PlacementNode[], scores: readonly number[], replicationFactor: number): number[] {
  const bestOfZone = new Map<string, number>();
  for (let index = 0; index < nodes.length; index++) {
    const zone = nodes[index]!.zone;
    const best = bestOfZone.get(zone);
    if (best === undefined || isBetter(nodes, scores, index, best)) bestOfZone.set(zone, index);
  }
  const copies = [...bestOfZone.values()];
  copies.sort((a, b) => (isBetter(nodes, scores, a, b) ? -1 : 1));
  return copies.slice(0, replicationFactor);
}

/** Higher score first; the id settles a tie, so that the order of `nodes` never matters. */
function isBetter(nodes: readonly PlacementNode[], scores: readonly number[], a: number, b: number): boolean {
  const difference = scores[a]! - scores[b]!;
  return difference === 0 ? nodes[a]!.id < nodes[b]!.id : difference > 0;
}

function nodeSeed(id: string): number {
  const bytes = encoder.encode(id);
  return murmur3(bytes, 0, bytes.length, 0);
}

const slotBytes = new Uint8Array(2);

/** `-weight / ln(u)` with `u` uniform in (0, 1): the chance of the highest score is proportional to the weight. */
function slotScore(seed: number, slot: number, weight: number): number {
  slotBytes[0] = slot & 0xff;
  slotBytes[1] = slot >>> 8;
  const uniform = (murmur3(slotBytes, 0, 2, seed) + 0.5) / 2 ** 32;
  return -weight / Math.log(uniform);
}

/** The scores of a node for all slots at weight 1; times its weight they are what `placeSlots` compares. */
export function nodeScores(id: string, slots: number): Float64Array {
  const seed = nodeSeed(id);
  return Float64Array.from({ length: slots }, (_, slot) => slotScore(seed, slot, 1));
}
