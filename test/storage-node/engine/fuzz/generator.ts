/** Operations drawn from a seed: the same seed and load give the same stream. */
import { engineLimits } from '../../../../src/storage-node/engine/options.ts';
import { patternLength } from './key-space.ts';
import type { EngineOperation } from './operation.ts';
import type { Load } from './shapes.ts';

const pinned = 4;
const fickle = 5;
/** Shares by namespace; they leave room for the others. */
const shares = new Map([
  [6, 0.2],
  [7, 0.1],
]);

const dayMs = 86_400_000;
const ttlsMs = [1, 40, 700, 3_000, 9_000, 60_000, 1_000_000, dayMs, 30 * dayMs];
/** Items that live shorter are looked at in their last half millisecond, and after it. */
const shortTtlMsMax = 5_000;
const longTtlsMs = [1_000_000, dayMs, 30 * dayMs];
/** Bounds of the TTL buckets, and what an expiry of 32 bits holds at most. */
const edgeTtlsMs = [500, 7_999, 8_000, 2_048_000, 32_768_000, 524_288_000, engineLimits.ttlMsMax];

/** References of content types: a few are nearly all there is. */
const commonFlags = [0, 1, 1, 1, 2, 3];
/** A sequence is kept in 32 bits while it fits. */
const edgeSequences = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48 - 1];

const kib = 1024;
const jumboBytesMax = 5 * kib * kib;
/** Powers of two, and eighths and halves of the segment sizes, all from 64 bytes to 4 MiB. */
const edgeSizes = Array.from({ length: 17 }, (_, i) => 64 * 2 ** i).flatMap((size) => [size, size * 1.5]);
/** Headers and keys take this much or less of the size of an item. */
const edgeBytesBelow = 64;

export class Generator {
  readonly #load: Load;
  /** Operations that come before any more are drawn. */
  readonly #queue: EngineOperation[] = [];
  /** The clock of the stream, and the last put that will not live long. */
  #nowMs = 0;
  #shortLived: { namespace: number; key: number; expiresAtMs: number } | undefined;
  #state: number;
  #fickleEvicts = true;

  constructor(load: Load, seed: number) {
    this.#load = load;
    this.#state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995 || 1;
    for (let namespace = 1; namespace <= Math.min(7, load.namespaces); namespace++) this.#declare(namespace);
  }

  #below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % bound;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #declare(namespace: number): void {
    const evictable = namespace !== pinned && (namespace !== fickle || this.#fickleEvicts);
    const share = shares.get(namespace) ?? 0;
    if (!evictable || share > 0 || namespace === fickle)
      this.#queue.push({ kind: 'declare', namespace, evictable, share });
  }

  next(): EngineOperation {
    const operation = this.#queue.shift() ?? this.#draw();
    if (operation.kind === 'advance') this.#nowMs += operation.ms;
    if (operation.kind === 'put' && operation.ttlMs < shortTtlMsMax) {
      const { namespace, key, ttlMs } = operation;
      this.#shortLived = { namespace, key, expiresAtMs: Math.floor(this.#nowMs + ttlMs) };
    }
    return operation;
  }

  #draw(): EngineOperation {
    const { namespaces, keys, drops = 0.25 } = this.#load;
    const dice = this.#below(1_000);
    // Low numbers are drawn more often.
    const namespace =
      1 + (namespaces > 7 ? Math.min(this.#below(namespaces), this.#below(namespaces)) : this.#below(namespaces));
    const key = Math.min(this.#below(keys), this.#below(keys));
    if (dice < 400) return this.#put(namespace, key);
    if (dice < 780)
      return { kind: 'get', namespace, key, touch: this.#below(2) === 0, skip: this.#below(3) * this.#below(200) };
    if (dice < 850) return { kind: 'remove', namespace, key };
    if (dice < 920) return { kind: 'setExpiry', namespace, key, sequence: this.#sequence(), ttlMs: this.#ttlMs() };
    if (dice < 960) return { kind: 'maintain' };
    if (dice < 963) return this.#toExpiry();
    if (dice < 994) return { kind: 'advance', ms: this.#below(20) === 0 ? this.#below(5_000) : this.#below(100) / 2 };
    if (dice < 996) {
      if (this.#below(600) === 0) return { kind: 'advance', ms: this.#below(dayMs) };
      this.#fickleEvicts = !this.#fickleEvicts;
      return { kind: 'declare', namespace: fickle, evictable: this.#fickleEvicts, share: 0 };
    }
    if (this.#below(4_000) >= drops * 1_000) return { kind: 'get', namespace, key, touch: true, skip: 0 };
    this.#declare(namespace);
    return { kind: 'drop', namespace };
  }

  /** Goes on to half a millisecond before the expiry of an item, or to the very one, sees to it and looks. */
  #toExpiry(): EngineOperation {
    const item = this.#shortLived;
    this.#shortLived = undefined;
    if (item === undefined || item.expiresAtMs - 0.5 <= this.#nowMs) return { kind: 'maintain' };
    const { namespace, key, expiresAtMs } = item;
    if (this.#below(2) === 0) this.#queue.push({ kind: 'maintain' });
    const dice = this.#below(4);
    if (dice === 0) this.#queue.push({ kind: 'remove', namespace, key });
    else if (dice === 1) this.#queue.push({ kind: 'setExpiry', namespace, key, sequence: this.#sequence(), ttlMs: 40 });
    else if (dice === 2) this.#queue.push(this.#put(namespace, key));
    else this.#queue.push({ kind: 'get', namespace, key, touch: false, skip: 0 });
    return { kind: 'advance', ms: expiresAtMs - this.#below(2) / 2 - this.#nowMs };
  }

  #put(namespace: number, key: number): EngineOperation {
    const length = this.#length();
    return {
      kind: 'put',
      namespace,
      key,
      length,
      from: this.#below(patternLength - length - 1),
      flags: this.#flags(),
      sequence: this.#sequence(),
      ttlMs: this.#ttlMs(),
    };
  }

  #length(): number {
    const { valueBytesMax, jumboEvery, edgeEvery } = this.#load;
    if (jumboEvery > 0 && this.#below(jumboEvery) === 0) {
      const dice = this.#below(40);
      if (dice < 2) return engineLimits.valueSizeBytesMax + dice;
      return this.#below(jumboBytesMax);
    }
    if (edgeEvery > 0 && this.#below(edgeEvery) === 0) {
      // Large ones are seldom, or nothing else would be in memory.
      const size = edgeSizes[Math.min(this.#below(edgeSizes.length), this.#below(edgeSizes.length))]!;
      if (jumboEvery > 0 || size < valueBytesMax) return Math.max(0, size + 4 - this.#below(edgeBytesBelow + 8));
    }
    return this.#below(3) === 0 ? this.#below(64) : this.#below(valueBytesMax);
  }

  #flags(): number {
    const dice = this.#below(10);
    if (dice < 7) return this.#pick(commonFlags);
    return dice < 9 ? this.#below(300) : this.#below(65_536);
  }

  #sequence(): number {
    const dice = this.#below(8);
    if (dice < 4) return this.#below(2 ** 31);
    if (dice < 6) return 2 ** 32 - 8 + this.#below(16);
    return dice === 6 ? this.#pick(edgeSequences) : this.#below(65_536) * 2 ** 32 + this.#below(2 ** 31) * 2;
  }

  #ttlMs(): number {
    const dice = this.#below(200);
    if (this.#load.ttlMs !== undefined) return this.#load.ttlMs;
    if (dice === 0) return this.#pick([0, -1, 0.5]);
    if (dice < 4) return this.#pick(edgeTtlsMs);
    return 1 + this.#below(this.#pick(this.#load.longTtls ? longTtlsMs : ttlsMs));
  }
}
