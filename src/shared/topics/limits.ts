/** Bounds of topics that both tiers keep, each with its unit and reason. */
export const topicLimits = {
  /** A topic's name, in bytes of UTF-8: percent-encoded it takes a tenth of a request head. */
  nameBytesMax: 512,
  /** A publisher's `token_id` in a message, in bytes: 64 characters (`tokenLimits.tokenIdLengthMax`) of up to 4. */
  tokenIdBytesMax: 256,
  /** A whole frame of a topic link: the largest message, its token id, its head, and some room. */
  linkFrameBytesMax: 6 * 1024 * 1024,
  /** How often a node says on a link that it is there, in ms. */
  linkAliveMs: 2_000,
  /** Silence after which a gateway takes a link for broken, in ms: three of these and some delay. */
  linkSilentMs: 7_000,
  /** Topics that one watched prefix may select at one node; past it the watch is refused. */
  watchedTopicsMax: 1_000,
} as const;
