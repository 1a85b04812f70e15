/** How many copies each node should have: in proportion to its weight, as far as zones allow. */

export interface WeighedNode {
  readonly zone: string;
  readonly weight: number;
}

/**
 * Copies of a fair share for each node, as a fraction. A zone holds at most one copy of a slot; what a zone's weight
 * would have beyond that goes to the other zones by their weight.
 */
export function fairShares(nodes: readonly WeighedNode[], slots: number, replicationFactor: number): number[] {
  const weightOfZone = new Map<string, number>();
  for (const { zone, weight } of nodes) weightOfZone.set(zone, (weightOfZone.get(zone) ?? 0) + weight);
  const shareOfZone = new Map<string, number>();
  let copies = slots * Math.min(replicationFactor, weightOfZone.size);
  let weightLeft = [...weightOfZone.values()].reduce((sum, weight) => sum + weight, 0);
  // The heaviest zones first: once one is below its bound, so are all that follow.
  for (const [zone, weight] of [...weightOfZone].sort((a, b) => b[1] - a[1])) {
    const share = Math.min(slots, (copies * weight) / weightLeft);
    shareOfZone.set(zone, share);
    copies -= share;
    weightLeft -= weight;
  }
  return nodes.map(({ zone, weight }) => (shareOfZone.get(zone)! * weight) / weightOfZone.get(zone)!);
}
