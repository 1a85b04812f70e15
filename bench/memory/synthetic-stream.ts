import type { CacheOperation, RequestStream, StreamCounts } from './cache-operation.ts';
import type { Cluster } from './clusters.ts';
import { mix, Random, unit } from './random.ts';
import { Zipf } from './zipf.ts';

/**
 * A look-aside workload with the parameters of a cluster.
 *
 * - Popularity: independent draws, Zipf with the table's alpha, over `objects` core objects. Objects that only the
 *   one-hit share accounts for are new ones, each requested once, spread evenly; as many as make up the share
 *   together with the core objects that are drawn once. Where the tail of the Zipf alone has more, there are none.
 * - Sizes: keys uniform within a tenth of the mean; values log-normal about the mean (sigma 0.5: nine of ten lie
 *   between 0.39 and 2.0 of the mean), at most 8 times the mean. Both are the object's for ever, but each set of the
 *   workload's own has a value up to a tenth smaller or larger.
 * - TTL: of the table's mix, the object's for ever, divided by `timeFactor` and rounded to whole seconds.
 * - Operations: `get` and `gets` are gets; `set`, `cas`, `append`, `prepend`, `incr` and `decr` are sets; `delete`
 *   is one. `add` is what a client does after a miss, which the run does by itself, so it is left out.
 */
export interface SyntheticOptions {
  readonly cluster: Cluster;
  /** Core objects. */
  readonly objects: number;
  /** Requests of the whole stream, to which the one-hit share refers. */
  readonly requests: number;
  /** Seconds of production that are one second of the run. */
  readonly timeFactor: number;
  readonly seed: number;
}

const valueSigma = 0.5;
const valueFactorMax = 8;
const ownSetSpread = 0.1;
const keySpread = 0.1;
/** A TTL that was rounded down to nothing would be none. */
const ttlSecondsMin = 1;
const kindOfOperation: Readonly<Record<string, CacheOperation['kind'] | null>> = {
  get: 'get',
  gets: 'get',
  set: 'set',
  cas: 'set',
  append: 'set',
  prepend: 'set',
  incr: 'set',
  decr: 'set',
  delete: 'delete',
  add: null,
};
const salts = { key: 1, keySize: 2, radius: 3, angle: 4, ttl: 5, mark: 6, rank: 7 } as const;

export class SyntheticStream implements RequestStream {
  readonly counts: StreamCounts = { gets: 0, sets: 0, deletes: 0, objects: 0, oneHitObjects: 0, objectBytes: 0 };
  readonly #options: SyntheticOptions;
  readonly #zipf: Zipf;
  readonly #random: Random;
  readonly #oneHitProbability: number;
  readonly #kinds: readonly (readonly [CacheOperation['kind'], number])[];
  readonly #ttls: readonly (readonly [seconds: number, upTo: number])[];
  /** Requests of each core object so far: none, one, more. */
  readonly #met: Uint8Array;
  #next: number;
  #handedOut = 0;

  constructor(options: SyntheticOptions) {
    const { cluster, objects, requests, timeFactor, seed } = options;
    this.#options = options;
    this.#zipf = new Zipf(cluster.zipfAlpha, objects);
    this.#random = new Random(seed);
    this.#oneHitProbability = oneHitProbability(this.#zipf, requests, cluster.oneHitShare);
    this.#met = new Uint8Array(objects);
    this.#next = objects;
    this.#ttls = upTo(cluster.ttls.map(([s, share]) => [Math.max(ttlSecondsMin, Math.round(s / timeFactor)), share]));
    this.#kinds = upTo(
      Object.entries(cluster.operations).flatMap(([name, share]) => {
        const kind = kindOfOperation[name];
        if (kind === undefined) throw new Error(`the operation ${name} is not known`);
        return kind === null ? [] : [[kind, share] as const];
      }),
    );
  }

  /**
   * Each core object once, in an order that has nothing to do with popularity, with a part of its TTL left: were they
   * new, all of a TTL would end together, again and again.
   */
  get prefill(): Iterable<CacheOperation> {
    const { objects, seed } = this.#options;
    const order = Uint32Array.from({ length: objects }, (_, id) => id);
    const random = new Random(mix(seed, salts.rank));
    for (let i = objects - 1; i > 0; i--) {
      const other = Math.floor(random.next() * (i + 1));
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    return order.values().map((id) => {
      const operation = this.#operation('set', id);
      return { ...operation, ttlSeconds: Math.ceil(operation.ttlSeconds * (1 - random.next())) };
    });
  }

  next(): CacheOperation | null {
    if (this.#handedOut >= this.#options.requests) return null;
    this.#handedOut++;
    const { counts } = this;
    if (this.#random.next() < this.#oneHitProbability) {
      const operation = this.#operation('get', this.#next++);
      counts.gets++;
      counts.oneHitObjects++;
      this.#countObject(operation);
      return operation;
    }
    const id = this.#zipf.rank(this.#random.next());
    const operation = this.#operation(pick(this.#kinds, this.#random.next()), id);
    counts[`${operation.kind}s`]++;
    const met = this.#met[id]!;
    if (met === 0) {
      this.#countObject(operation);
      counts.oneHitObjects++;
    } else if (met === 1) counts.oneHitObjects--;
    this.#met[id] = Math.min(2, met + 1);
    return operation;
  }

  #countObject({ key, size }: CacheOperation): void {
    this.counts.objects++;
    this.counts.objectBytes += key.length + size;
  }

  #operation(kind: CacheOperation['kind'], id: number): CacheOperation {
    const { cluster, seed } = this.#options;
    const own = mix(id, seed);
    const ownSize = valueSize(cluster.valueBytes, own);
    const spread = kind === 'set' ? 1 + ownSetSpread * (2 * this.#random.next() - 1) : 1;
    return {
      kind,
      key: keyOf(id, Math.round(cluster.keyBytes * (1 + keySpread * (2 * unit(own, salts.keySize) - 1)))),
      size: Math.max(1, Math.round(ownSize * spread)),
      ttlSeconds: pick(this.#ttls, unit(own, salts.ttl)),
      mark: mix(own, salts.mark),
    };
  }
}

/** Digits and letters that name the object, behind as many bytes of a prefix as its length asks for. */
function keyOf(id: number, length: number): string {
  return `:${id.toString(36)}`.padStart(length, 'namespace/of/the/service/');
}

function valueSize(mean: number, own: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - unit(own, salts.radius))) * Math.cos(2 * Math.PI * unit(own, salts.angle));
  const factor = Math.exp(valueSigma * normal - valueSigma ** 2 / 2);
  return Math.max(1, mean * Math.min(factor, valueFactorMax));
}

/** How probable a request for a new object must be, that the share of objects requested once comes out. */
function oneHitProbability(zipf: Zipf, requests: number, share: number): number {
  let extra = 0;
  // the more new objects, the fewer draws: a few rounds settle it to far less than the draws' own scatter
  for (let round = 0; round < 6; round++) {
    const { distinct, once } = zipf.expected(requests - extra);
    extra = Math.min(requests, Math.max(0, (share * distinct - once) / (1 - share)));
  }
  return extra / requests;
}

/** Each value with the share, out of 1, up to which it goes. */
function upTo<T>(shares: readonly (readonly [T, number])[]): readonly (readonly [T, number])[] {
  const total = shares.reduce((sum, [, share]) => sum + share, 0);
  let sum = 0;
  return shares.map(([value, share]) => {
    sum += share;
    return [value, sum / total];
  });
}

function pick<T>(shares: readonly (readonly [T, number])[], uniform: number): T {
  return (shares.find(([, end]) => uniform < end) ?? shares.at(-1)!)[0];
}
