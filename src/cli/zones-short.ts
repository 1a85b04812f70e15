/**
 * Why slots cannot have all their copies, in words; undefined when there are zones enough.
 *
 * @param inUse zone of each node in use
 * @param factor copies that each slot is to have
 */
export function zonesShortOf(inUse: readonly string[], factor: number): string | undefined {
  const zones = new Set(inUse);
  if (zones.size >= factor) return undefined;
  const there = zones.size === 0 ? 'no zone has' : `only ${[...zones].join(', ')} has`;
  return `${factor} copies need as many zones, and ${there} a node in use`;
}
