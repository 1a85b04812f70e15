/**
 * What a prototype of the same shape reached in plain JavaScript before this engine was written: Node 20.20, V8 11.3,
 * two virtual cores of an AMD EPYC, noisy. Another machine and another Node: to be read beside the figures of a run,
 * not compared by the per cent.
 */
export const referenceFigures: readonly (readonly [what: string, figure: string])[] = [
  ['get, Zipf 1.0, copied out, 1 M items of 128 B', '2.8-3.2 M/s'],
  ['get, Zipf 1.0, copied out, 300 k items of 1 KiB', '2.5 M/s'],
  ['get of what is not there, 1 M items', '5.1 M/s'],
  ['set with FIFO eviction, 1 M items of 128 B', '1.4-1.5 M/s'],
  ['set with FIFO eviction, 300 k items of 1 KiB', '1.3 M/s'],
  ['Map.get with a fresh latin1 key, 1 M items', '1.2 M/s'],
  ['resident bytes of an item, 1 M items of 100 B', '141 (Map<string, Buffer>: 398)'],
  ['whole collection, 1 M items of 100 B', '3.3 ms (Map<string, Buffer>: 177 ms)'],
];
