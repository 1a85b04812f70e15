/** Bounds of the memory soak, each with its unit and its reason. */

const mib = 1024 * 1024;

export const soakLimits = {
  /**
   * What a node may keep resident: `memoryFactor` of its `--memory`, and the bytes of a Node.js process beside it. An
   * idle node has 132 MB, of which 58 are pages of the Node.js program itself and 10 replication's. Under load some 25
   * more come, for compiled code and for what is on its way: nodes of 32 MiB went up to between 193 and 199 MB.
   */
  memoryFactor: 1.1,
  processBytes: 175_000_000,
  /** Least throughput at the end of what there was at the beginning. */
  throughputRatioMin: 0.9,
  /** Least memory of a node, in bytes (`cliLimits.nodeMemoryBytesMin`). */
  memoryBytesMin: 32 * mib,
  /** An hour is what is asked for; a day is the longest that anyone would wait. */
  minutesMax: 24 * 60,
  /** Time that one round of all sizes should take, in minutes: an hour has ten, and a phase takes about a minute. */
  cycleMinutes: 6,
  /** Rounds of a soak in full: without a second one nothing is compared at the same size before and behind. */
  cyclesMin: 2,
  /** Longest time to fill the node before anything counts, in ms. */
  fillMsMax: 120_000,
  /** Time of each size while warming up, as a share of a phase: all paths compiled, all sizes met once. */
  warmUpShare: 1 / 4,
  /** Between two looks at the node's memory, in ms. */
  sampleMs: 1_000,
  /** All keys together would take this many times the node's memory. */
  keySpaceFactor: 3,
  /** Keys at most: the ledger of what was written takes 12 bytes for each. */
  keysMax: 2 ** 23,
  /** Bytes that an item takes beside its value, about: key and record. Only sizes the key space. */
  itemOverheadBytes: 50,
  /** Counters for increments. */
  counters: 10_000,
  /** Idempotency marks a second: in a quarter of an hour more than a node of 256 MiB has room for. */
  marksPerSecond: 100,
  /** Wait after a refusal, in ms: what was refused for want of room is not asked again in the same turn. */
  refusedWaitMs: 5,
  /** Operations a second, on average, below which the soak has shown nothing. */
  operationsPerSecondMin: 200,
  /** The node has been full when less than this share of its memory was free. */
  freeShareFull: 0.1,
  /** Wrong answers that are described. */
  describedMax: 10,
} as const;

/** What a node with this memory may keep resident, in bytes. */
export function ceilingBytes(memoryBytes: number): number {
  return memoryBytes * soakLimits.memoryFactor + soakLimits.processBytes;
}
