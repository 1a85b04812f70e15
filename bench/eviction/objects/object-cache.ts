/**
 * A cache simulated object by object, in bytes: which objects are in it, not what they hold.
 *
 * Objects are dense numbers, 0 … n-1, each of a fixed charge: its own bytes and what a cache adds to them. A
 * miss admits the object, as a look-aside client would; an object larger than the whole cache is never admitted.
 */
export interface ObjectCache {
  /** Objects that are in. */
  readonly items: number;
  /** Their charges together; at most the capacity. */
  readonly bytes: number;

  has(object: number): boolean;

  /** One read of an object: whether it was in. */
  request(object: number): boolean;

  /** Takes out an object that is in, as expiry does; the policy keeps no memory of it. */
  remove(object: number): void;
}

/** What every policy starts from. */
export interface ObjectCacheOptions {
  readonly capacityBytes: number;
  /** The charge of each object in bytes, by its number; all 1 for a cache that counts objects. */
  readonly charges: Float64Array;
}
