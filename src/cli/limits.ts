/** Bounds of the supervisor and of the command line, each with its unit and its reason. */
export const cliLimits = {
  /** First wait before a dead child is started again, in ms; short, because its zone or its share of the port is missing. */
  restartDelayMsMin: 100,
  /** Longest wait between two starts of a child, in ms; a child that cannot live costs a start every few seconds. */
  restartDelayMsMax: 5_000,
  /** A child that lived this long, in ms, is healthy again: its next restart waits the shortest time. */
  restartResetMs: 30_000,
  /** All children must be ready in this time at the first start, in ms; six times what a slow start takes. */
  startTimeoutMs: 30_000,
  /** A child that dies this often before it was ever ready ends the first start; more tries would only repeat. */
  startAttemptsMax: 3,
  /** How often a fleet started by npm looks whether npm is still there, in ms. */
  parentCheckMs: 250,
  /** A second signal within this time, in ms, is the same one: a terminal and npm both deliver a Ctrl-C. */
  signalRepeatMs: 500,
  /** A child that got a SIGTERM of its own is drained after this time, in ms, unless its parent stops as well. */
  childTermDelayMs: 300,
  /** Time for a child that is drained by itself, in ms; the default of `--drain-timeout`. */
  childDrainMs: 10_000,
  /**
   * Time for a storage node to hand its slots over before it is restarted, in ms: 16 GiB at 32 MiB/s are nine minutes.
   * At its end the node is stopped all the same, and the copies on other nodes take over.
   */
  childLeaveMs: 600_000,
  /** A gateway must give its listener to its successor in this time, in ms; else the successor makes one of its own. */
  handOverMs: 2_000,
  /** A fleet must be in step again in this time after the restart of a node, in ms, or the upgrade stops there. */
  catchUpMs: 1_800_000,
  /** How often the supervisor and the `fleet` commands ask how far a change is, in ms; a status costs a few ms. */
  fleetPollMs: 250,
  /** A command that waits says how far it is with every fourth poll at most, which is once a second. */
  fleetPollsPerLine: 4,
  /** A command that waits gives up after so many polls in a row without an answer: half a minute and more. */
  fleetPollFailuresMax: 20,
  /** A drain was taken back when the node has been in use for so many polls in a row, which is 5 s. */
  takenBackPolls: 20,
  /** A node whose last heartbeat is younger than this, in ms, runs: they come every 150 ms. */
  heardMs: 2_000,
  /** A fleet is in step when nothing was to be done for this time, in ms: four times the planner's own pause. */
  calmMs: 1_000,
  /** One call of the supervisor to the control plane, in ms. */
  controlCallMs: 5_000,
  /** Longest path of a Unix domain socket, in bytes: 108 with the zero at its end on Linux, 104 on macOS. */
  socketPathBytesMax: 103,
  /** Largest body that the supervisor's channel reads, in bytes: a zone's name. */
  channelBodyBytesMax: 4_096,
  /** Processes under one supervisor, nodes that were added later included; more belong on more machines. */
  childrenMax: 256,
  /** Kept back from the drain time, in ms, so that cutting off what hangs and exiting fit inside it. */
  drainReserveMs: 500,
  /** A tier's time, in ms, to exit after its own deadline; three tiers fit `drainReserveMs`. */
  drainGraceMs: 150,
  /** Shares of the drain time: gateways finish their clients' requests, the other tiers what these left. */
  drainShares: { gateway: 0.7, storage: 0.2, control: 0.1 },
  /** Memory of one storage node, in bytes: 32 segments of 1 MiB are the fewest that eviction works with. */
  nodeMemoryBytesMin: 32 * 1024 * 1024,
  /** Default memory of one storage node, in bytes: a guest on a newcomer's machine takes no more by itself. */
  nodeMemoryBytesDefaultMax: 1024 * 1024 * 1024,
  /** Share of the machine's memory, and of what is free now, that the fleet takes when not told. */
  memoryShareOfTotal: 0.25,
  memoryShareOfFree: 0.5,
  /** Default gateway processes: storage and the client need cores too, and past four a newcomer gains nothing. */
  gatewaysDefaultMax: 4,
  /**
   * Ports for the control plane of `godwit start`. It keeps its port over a restart, so the port lies below
   * the ephemeral ranges of Linux (32768…) and macOS (49152…): no outgoing connection can take it meanwhile.
   */
  controlPortMin: 20_000,
  controlPortMax: 29_999,
  controlPortAttemptsMax: 50,
  /** The fleet's secret, in random bytes, and the shortest text accepted from elsewhere, in characters. */
  fleetSecretBytes: 32,
  fleetSecretLengthMin: 32,
  /** A secret or token file longer than this, in bytes, is not one. */
  credentialFileBytesMax: 16 * 1024,
  /** A PEM file longer than this, in characters, is not one: a bundle of a few hundred authorities fits. */
  pemFileLengthMax: 1024 * 1024,
  /** A request of a client command, in ms; the server's own deadline is shorter. */
  clientTimeoutMs: 30_000,
} as const;
