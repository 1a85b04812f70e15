/** One operation on a cache, the same for every system. */
export interface CacheOperation {
  readonly kind: 'get' | 'set' | 'delete';
  /** Printable ASCII, at most 250 bytes: what memcached takes. */
  readonly key: string;
  /** Bytes of the value that is stored: by a set, and after a miss by the client. */
  readonly size: number;
  /** Time to live of what is stored, in whole seconds of the run; 0: none. */
  readonly ttlSeconds: number;
  /** Unsigned 32 bits of the key's own, with which its values begin, as far as they have room. */
  readonly mark: number;
}

/** How a cache answered: a get by `hit` or `miss`, a write by `done` or `refused`. `wrong` is the value of another key. */
export type Outcome = 'hit' | 'miss' | 'done' | 'refused' | 'wrong';

/** Requests of one workload, in their order. */
export interface RequestStream {
  /** Sets with which every system is filled before the run; each core object once. */
  readonly prefill: Iterable<CacheOperation>;
  /** The next request; null when there are no more. */
  next(): CacheOperation | null;
  /** What was handed out so far. */
  readonly counts: StreamCounts;
}

export interface StreamCounts {
  gets: number;
  sets: number;
  deletes: number;
  /** Objects that were requested, and those among them that were requested once. */
  objects: number;
  oneHitObjects: number;
  /** Sum of key and value bytes of the objects requested. */
  objectBytes: number;
}
