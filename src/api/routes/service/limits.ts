/** Bounds of the service routes, each with its unit and reason. */
export const serviceLimits = {
  /** Time to gather all processes' metrics, in ms: below the 10 s after which Prometheus gives up on a scrape. */
  fleetMetricsDeadlineMs: 4_000,
  /** Processes asked at the same time: keeps the sockets and the texts held at once few. */
  fleetMetricsConcurrencyMax: 32,
  /** Characters of one process's metrics: 1,000 labelled caches with 6 samples of 150 characters, several times over. */
  processMetricsLengthMax: 4 * 1024 * 1024,
  /** Time that a JWK Set may be kept by its readers, in seconds; one that meets an unknown key id asks again. */
  jwkSetMaxAgeSeconds: 60,
} as const;
