/**
 * Every number of the token system, each with its unit and its reason. The size of a token's text is
 * `limits.tokenBytesMax` in `src/shared/limits.ts`, because the request head depends on it.
 */
export const tokenLimits = {
  /** Ten years of seconds: as good as for ever for a machine, and still an end that a person wrote down. */
  lifetimeSecondsMax: 3_653 * 86_400,
  /** 25 hours: a day and an hour of slack for a daily renewal; Momento's bound for disposable tokens. */
  disposableLifetimeSecondsMax: 25 * 3_600,
  /** UTF-16 code units; Momento's bound. The id travels with every message that its holder publishes. */
  tokenIdLengthMax: 64,
  /** `sub` and `client_id`, in UTF-16 code units: an e-mail address or a service name. */
  subjectLengthMax: 128,
  /** `jti` and account names, in characters: both travel in every token and in revocations. */
  identifierLengthMax: 128,
  /** Entries of `authorization_details`; Momento's 20 statements. A check looks at each at worst. */
  detailsMax: 20,
  /** Issuers between a token and the admin key, itself excluded: each one's id is carried and checked. */
  ancestorsMax: 8,
  /** Nesting of the JSON of header and claims; claims → details → entry → item selector is 4. */
  jsonDepthMax: 8,
  /** How far an issuer's clock may be ahead, for `nbf` and `iat`. `exp` has no tolerance: it is a promise. */
  clockToleranceSeconds: 5,
  /** Verified tokens kept by one gateway; about 3 KB each, so about 30 MB at the bound. */
  sessionsMax: 10_000,
  /** Texts kept because their signature or claims were refused, so that a repeat costs no signature check. */
  rejectionsMax: 1_024,
  /** A refused text longer than this is not kept: 1,024 of them stay under 4 MiB. */
  rejectionTextLengthMax: 4_096,
  /** How long a refusal is kept, in ms: long enough for a client that hammers, short for one that waits. */
  rejectionTtlMs: 5_000,
  /** Signature checks under way at once; at 100 µs each on two threads the last one waits about 50 ms. */
  verificationsInFlightMax: 1_024,
} as const;
