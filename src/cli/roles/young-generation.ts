import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { cliLimits } from '../limits.ts';

/** What of V8 this needs. */
export interface Heap {
  readonly youngBytes: () => number;
  readonly setGrowthFactor: (factor: number) => void;
}

const thisHeap: Heap = {
  youngBytes: () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0,
  // a flag on the command line would do as well, but not for who runs `godwit storage` without it
  setGrowthFactor: (factor) => setFlagsFromString(`--semi-space-growth-factor=${factor}`),
};

/**
 * Lets the young generation of this process's heap grow to a bound, instead of the 64 MiB and more that V8 would let it
 * take: a storage node's memory is for items. As small as it begins, it is collected twenty times a second under
 * replicated writes, and what waits for other nodes outlives that and has to be collected with the old. To be called
 * every now and then.
 */
export function boundYoungGeneration({ youngBytes, setGrowthFactor }: Heap = thisHeap): void {
  setGrowthFactor(youngBytes() < cliLimits.youngGenerationBytes ? 2 : 1);
}
