/**
 * A workload: reads of objects in time, each followed by a write when it misses. In typed arrays, with dense
 * numbers for objects, so that a policy's run is a loop over integers.
 */
export interface Workload {
  readonly name: string;
  /** One sentence on where it comes from. */
  readonly about: string;
  /** The object of each request, 0 … number of objects - 1. */
  readonly objects: Uint32Array;
  /** Time of each request in ms since the start, never going back. */
  readonly atMs: Float64Array;
  /** Bytes of key and value together, by object. */
  readonly objectBytes: Float64Array;
  /** Time to live in ms, by object; undefined when nothing expires. */
  readonly ttlMs: Float64Array | undefined;
}

/** Bytes of all objects together. */
export function footprintBytes(workload: Workload): number {
  let bytes = 0;
  for (const size of workload.objectBytes) bytes += size;
  return bytes;
}

/** The same requests for objects of `factor` times the size, at least `bytesMin` each. */
export function scaled(workload: Workload, factor: number, bytesMin: number): Workload {
  const objectBytes = workload.objectBytes.map((bytes) => Math.max(bytesMin, Math.round(bytes * factor)));
  return { ...workload, objectBytes };
}

/**
 * `copies` of a workload side by side, each with objects of its own and each begun at another place of the
 * original, which is gone through in a circle.
 *
 * A short trace has too few objects for segments of many at a small share of its footprint. Copies multiply the
 * objects and keep everything else: a reuse has the same objects between in proportion to the footprint. The
 * different beginnings keep neighbours in a segment as unlike as they were.
 */
export function multiplied(workload: Workload, copies: number): Workload {
  if (copies === 1) return workload;
  const { objects, atMs, objectBytes, ttlMs } = workload;
  const length = objects.length;
  const many = new Uint32Array(length * copies);
  const times = new Float64Array(length * copies);
  for (let i = 0; i < length; i++) {
    for (let copy = 0; copy < copies; copy++) {
      const from = (i + Math.floor((copy * length) / copies)) % length;
      many[i * copies + copy] = copy * objectBytes.length + objects[from]!;
      times[i * copies + copy] = atMs[i]!;
    }
  }
  return {
    ...workload,
    about: `${workload.about}; ${copies} renamed copies side by side`,
    objects: many,
    atMs: times,
    objectBytes: repeated(objectBytes, copies),
    ttlMs: ttlMs && repeated(ttlMs, copies),
  };
}

function repeated(values: Float64Array, times: number): Float64Array {
  const all = new Float64Array(values.length * times);
  for (let i = 0; i < times; i++) all.set(values, i * values.length);
  return all;
}

/** Gathers requests whose objects have names of any kind, and numbers the objects in order of appearance. */
export class WorkloadBuilder {
  readonly #numbers = new Map<string | number | bigint, number>();
  readonly #objects: number[] = [];
  readonly #atMs: number[] = [];
  readonly #bytes: number[] = [];
  readonly #ttlMs: number[] = [];
  #expires = false;
  #lastMs = 0;

  get requests(): number {
    return this.#objects.length;
  }

  /** An object's size and TTL are those of its first request, so that every policy sees the same. */
  add(object: string | number | bigint, bytes: number, atMs: number, ttlMs: number | undefined): void {
    let number = this.#numbers.get(object);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(object, number);
      this.#bytes.push(bytes);
      this.#ttlMs.push(ttlMs ?? Number.POSITIVE_INFINITY);
      if (ttlMs !== undefined) this.#expires = true;
    }
    this.#objects.push(number);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#atMs.push(this.#lastMs);
  }

  build(name: string, about: string): Workload {
    const startMs = this.#atMs[0] ?? 0;
    return {
      name,
      about,
      objects: Uint32Array.from(this.#objects),
      atMs: Float64Array.from(this.#atMs, (at) => at - startMs),
      objectBytes: Float64Array.from(this.#bytes),
      ttlMs: this.#expires ? Float64Array.from(this.#ttlMs) : undefined,
    };
  }
}
