/** Bounds of a gateway on an edge runtime, in ms. Each isolate of the runtime holds a copy of the fleet's state. */
export const edgeLimits = {
  /** Age from which one request renews the copy beside its own work: four polls a second for an isolate at most. */
  stateRefreshMs: 250,
  /**
   * Age from which no request is served by the copy while the control plane answers. A revocation reaches every
   * gateway within 1,000 ms; the rest of that is for the poll itself.
   */
  stateAgeMsMax: 750,
  /** Time for one poll when a copy is there to fall back on: a far control plane, its first one not answering. */
  statePollTimeoutMs: 1_000,
  /** Time for the first poll, which brings the whole view over connections that have to be made. */
  firstStateTimeoutMs: 3_000,
  /** After a failed poll, for how long requests are served by the copy without waiting for the next one. */
  silentMs: 5_000,
  /** How often an open stream asks for the fleet's state: a withdrawn token ends it about this much later. */
  streamStateMs: 2_000,
} as const;
