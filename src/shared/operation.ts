/**
 * The operations on scalars and topics, as gateways send them and storage nodes execute them, and their results.
 * REST is one adapter over these; others may follow.
 */

import type { CacheSettings } from './fleet-state.ts';

/** How a stored item may be conditioned by its value (`reference`: Momento's SetIf family). */
export const valueConditionKinds = [
  'absent',
  'present',
  'equal',
  'not_equal',
  'present_and_not_equal',
  'absent_or_equal',
] as const;
export type ValueConditionKind = (typeof valueConditionKinds)[number];

/** A version of an item: data epoch of its slot and sequence number in it. Grows with every write of the slot. */
export interface Version {
  readonly dataEpoch: number;
  /** An integer below 2^48. */
  readonly sequence: number;
}

/** `*`, or a list of versions (RFC 9110 §13.1). */
export type VersionList = '*' | readonly Version[];

/** What must hold for a write to happen; every part that is present must. */
export interface Condition {
  readonly value?: { readonly kind: ValueConditionKind; readonly compare?: Uint8Array };
  readonly ifMatch?: VersionList;
  readonly ifNoneMatch?: VersionList;
}

/** Under which retries of one request are recognised: both 16 bytes. */
export interface IdempotencyMark {
  readonly id: Uint8Array;
  readonly fingerprint: Uint8Array;
}

export const ttlModes = ['set', 'raise', 'lower'] as const;
export type TtlMode = (typeof ttlModes)[number];

/** A cache as a gateway knows it; the directory keeps its fields current as the registry changes. */
export interface CacheHandle {
  readonly account: string;
  readonly name: string;
  /** Seed of the hash of its keys (`slots.ts`). */
  readonly seed: number;
  /** Number of its current generation, under which nodes store its items; 0 once the cache is deleted. */
  namespace: number;
  /** Number under which nodes keep its topics, which a flush leaves as they are; 0 once the cache is deleted. */
  topicSpace: number;
  settings: CacheSettings;
}

/** Where an operation goes. `hash` is the key's hash under the cache's seed. Of a topic, the key is its name in UTF-8. */
export interface Target {
  readonly cache: CacheHandle;
  readonly hash: number;
  readonly key: Uint8Array;
}

interface Mutation extends Target {
  readonly condition?: Condition;
  readonly idempotency?: IdempotencyMark;
}

/** A read that any in-sync copy may serve when `balanced` is true; else only the primary may. */
interface ItemRead extends Target {
  readonly balanced?: boolean;
}

/** Reads the value and counts as a use. */
export interface GetOperation extends ItemRead {
  readonly kind: 'get';
}
/** Reads everything about an item but its value: existence, version, TTL, type. Counts as no use. */
export interface DescribeOperation extends ItemRead {
  readonly kind: 'describe';
}
export interface SetOperation extends Mutation {
  readonly kind: 'set';
  readonly value: Uint8Array;
  readonly contentType: string;
  readonly ttlMs: number;
}
export interface DeleteOperation extends Mutation {
  readonly kind: 'delete';
}
/** Reads and removes at once. */
export interface TakeOperation extends Mutation {
  readonly kind: 'take';
}
/** Stores, and answers what was there before. */
export interface SwapOperation extends Mutation {
  readonly kind: 'swap';
  readonly value: Uint8Array;
  readonly contentType: string;
  readonly ttlMs: number;
}
/** Adds to a decimal signed 64-bit integer; creates it at the amount. */
export interface IncrementOperation extends Mutation {
  readonly kind: 'increment';
  readonly amount: bigint;
  readonly min?: bigint;
  readonly max?: bigint;
  readonly ttlMs: number;
  /** Whether an existing counter gets `ttlMs` too, or keeps its own expiry. */
  readonly ttlOnCreateOnly: boolean;
}
export interface TtlOperation extends Mutation {
  readonly kind: 'ttl';
  readonly mode: TtlMode;
  readonly ttlMs: number;
}

/**
 * Does nothing but take its idempotency mark: claims an idempotency key for one request, at a place that
 * depends on the key alone, so that its use with another request is noticed wherever that one goes.
 */
export interface ClaimOperation extends Target {
  readonly kind: 'claim';
  readonly idempotency: IdempotencyMark;
  readonly condition?: never;
}

/** Numbers a message of a topic, keeps it for a while, and hands it to those who follow the topic. */
export interface PublishOperation extends Target {
  readonly kind: 'publish';
  readonly value: Uint8Array;
  /** Whether the value is UTF-8 that was meant as text. */
  readonly text: boolean;
  /** What the publisher's token calls its holder; '' when it says nothing. */
  readonly tokenId: string;
  readonly idempotency?: IdempotencyMark;
  readonly condition?: never;
}
/** Reads the statistics of one topic. */
export interface TopicOperation extends Target {
  readonly kind: 'topic';
}
/**
 * Reads the statistics of those topics that one node holds: names that begin with the key and come after `after`,
 * in order of their bytes, at most `limit`. `hash` is any of a slot that the node serves.
 */
export interface TopicsOperation extends Target {
  readonly kind: 'topics';
  readonly after: Uint8Array;
  /** At most `hopLimits.topicReportsMax`. */
  readonly limit: number;
}

export type ReadOperation = GetOperation | DescribeOperation | TopicOperation | TopicsOperation;
export type WriteOperation =
  | SetOperation
  | DeleteOperation
  | TakeOperation
  | SwapOperation
  | IncrementOperation
  | TtlOperation
  | ClaimOperation
  | PublishOperation;
export type Operation = ReadOperation | WriteOperation;
export type OperationKind = Operation['kind'];

/**
 * How an operation ended at its node. The place in the list is the code in the frame: new ones come at the end.
 * `moved`, `behind`, `deferred`, `not_ready` and `unknown` never leave the fleet client: it resolves them.
 *
 * `not_ready`: the node may not serve the slot at this moment (a lease has lapsed, a take-over or hand-over is under
 * way); nothing was done. `unknown`: the node cannot say whether the write happened, or will last: it lost the slot
 * before the copies had acknowledged it, or has too few of them left. `not_enough_copies`: fewer copies are in sync
 * than the cache demands; nothing was done.
 */
export const resultStatuses = [
  'done',
  'missing',
  'condition_not_met',
  'bound_reached',
  'ttl_not_changed',
  'not_an_integer',
  'integer_overflow',
  'wrong_type',
  'cache_full',
  'too_large',
  'idempotency_key_reused',
  'idempotency_full',
  'moved',
  'behind',
  'deferred',
  'overloaded',
  'failed',
  'not_ready',
  'unknown',
  'not_enough_copies',
] as const;
export type ResultStatus = (typeof resultStatuses)[number];

/** An item as a result tells it. */
export interface ItemRecord {
  readonly version: Version;
  readonly ttlMs: number;
  readonly valueLength: number;
  readonly contentType: string;
  /** The value's bytes; empty for `describe` and for writes that answer none. */
  readonly value: Uint8Array;
}

export interface OperationResult {
  readonly status: ResultStatus;
  /** The item read or written, or, when a condition failed, the one that is there; null when there is none. */
  readonly item: ItemRecord | null;
  /** Whether this is the stored first answer to an idempotency key. */
  readonly replayed: boolean;
  /** Whether `swap`, `delete` or `increment` met an item. */
  readonly existed: boolean;
  /** Time the node spent on the frame, in µs. */
  readonly nodeMicros: number;
}

export function isRead(operation: Operation): operation is ReadOperation {
  switch (operation.kind) {
    case 'get':
    case 'describe':
    case 'topic':
    case 'topics':
      return true;
    default:
      return false;
  }
}

/** Whether an operation is on topics, and so goes to the cache's topic space and not to its items. */
export function isOfTopics(operation: Operation): boolean {
  return operation.kind === 'publish' || operation.kind === 'topic' || operation.kind === 'topics';
}

/** The content type of a value that was put without one. */
export const octetStream = 'application/octet-stream';
