/** Sizes, times and bounds of chaos runs on real processes, each with its unit and its reason. */
export const chaosLimits = {
  /** Clients that read and write, each over both gateways. */
  clients: 8,
  /** Keys of a round: few, so that operations on one key overlap. */
  keysPerRound: 10,
  /** A round's keys are written for this long, in ms; then new keys come, so that histories stay short. */
  roundMs: 5_000,
  /** Keys of so many past rounds are still read: what a later fault loses must show. */
  roundsRead: 6,
  /** Share of a client's operations that read keys of past rounds. */
  pastReads: 0.12,
  /** Pause of a client between two operations, in ms: eight clients then make some 500 operations a second. */
  clientPauseMs: 12,
  /** Writes of one key with the same effect as others (increments, deletes) that may be under way at once. */
  sameWritesMax: 3,
  /** Those of unknown fate that a key may have in its life; past it only writes of unique values go on. */
  unknownSameWritesMax: 4,
  /** A client gives up after this time, in ms: later than the gateway's own deadline of 5 s. */
  requestTimeoutMs: 7_000,
  /** Repetitions of a request with an idempotency key whose answer did not come. */
  repetitionsMax: 5,
  /** Operations a second, over all clients, that a run must reach before its first fault to prove anything. */
  operationsPerSecondMin: 100,
  /** Time under load before the first fault, in ms. */
  warmUpMs: 3_000,
  /** Pause between the end of a fault and the next, in ms: from the shortest to the longest. */
  calmMsMin: 1_000,
  calmMsMax: 3_000,
  /** After a fault all slots must have all their copies again within this time, in ms. */
  repairMs: 30_000,
  /** After the last fault, longest wait for a success on every key, in ms. */
  settleMs: 20_000,
  /** A process that was killed is started again after this time, in ms: from the shortest to the longest. */
  restartMsMin: 200,
  restartMsMax: 3_000,
  /** Longest wait for a process to be ready, in ms; a busy machine starts several at once. */
  readyMs: 30_000,
  /** A process that is told to stop has this long, in ms, before it is killed. */
  stopMs: 15_000,
  /** Bytes of output kept of each process: its last words. */
  outputBytesMax: 64 * 1024,
  /** Longest wait for the answer of a process that is thought to be silent, in ms. */
  probeMs: 300,
  /** A link that was cut has to carry something again within this time, in ms: a look at it is a process of its own. */
  reachMs: 10_000,
  /** Pause between two looks at something that is waited for, in ms. */
  pollMs: 50,
  /** Failover of the slots of a killed node must show in the view within this time, in ms. */
  failoverMs: 15_000,
  /** Topics that are published to in a round, publishers and subscribers of them. */
  topics: 3,
  publishers: 2,
  subscribers: 3,
  /** Pause of a publisher between two messages, in ms. */
  publishPauseMs: 40,
  /** Heartbeat that subscribers ask for, in s, and how long a silent stream is believed in, in ms. */
  heartbeatSeconds: 1,
  streamSilenceMs: 4_000,
  /** Pause before a subscriber connects again, in ms. */
  reconnectMs: 200,
  /** Bytes of one event that a subscriber reads at most. */
  eventBytesMax: 64 * 1024,
  /** Memory of a storage node, in bytes; the least for runs in which items are evicted. */
  // A sixteenth of it is for idempotency records. Some 110 marked requests a second leave two each, of 330 bytes, for ten
  // minutes: 42 MiB, which two of three nodes lead, in no equal parts, while one is away.
  nodeMemoryBytes: 768 * 1024 * 1024,
  smallMemoryBytes: 32 * 1024 * 1024,
  /** Longest run, in minutes. */
  minutesMax: 600,
  /** Violations that are printed in full; of the others the number. */
  violationsShown: 10,
} as const;
