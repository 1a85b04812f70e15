import type { FleetClient } from '../../src/routing/fleet-client.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { GodwitError } from '../../src/shared/errors.ts';
import { hopLimits } from '../../src/shared/limits.ts';
import {
  type CacheHandle,
  type IdempotencyMark,
  type IncrementOperation,
  type Operation,
  type OperationResult,
  octetStream,
  type Target,
} from '../../src/shared/operation.ts';
import { type Random, seededRandom } from '../engine/workload.ts';
import { Counters } from './counters.ts';
import { Ledger } from './ledger.ts';
import { soakLimits } from './limits.ts';
import { MarkSource } from './mark-source.ts';
import { keyCount, type Sizes, valueBytesOf } from './phases.ts';
import { Values } from './values.ts';

/** What was asked and answered in a stretch of load. */
export interface LoadCounts {
  operations: number;
  hits: number;
  misses: number;
  sets: number;
  deletes: number;
  increments: number;
  /** Marked increments that were sent again and gave their first answer. */
  replays: number;
  /** Turned away before any work: a queue or the table of idempotency records was full. */
  refused: number;
  /** Other refusals and errors, by code or status; none is expected. */
  failed: Record<string, number>;
  /** Answers that contradict what was written. */
  wrong: number;
  bytesRead: number;
  bytesWritten: number;
}

/** Parts of a hundred; what is left are increments. */
const shares = { get: 55, set: 35, delete: 5 };
/** Cumulative shares of TTLs and their bounds, in ms: seconds, about the length of a phase, and what memory ends first. */
const ttls: readonly { readonly upTo: number; readonly minMs: number; readonly maxMs: number }[] = [
  { upTo: 0.1, minMs: 1_000, maxMs: 5_000 },
  { upTo: 0.4, minMs: 5_000, maxMs: 120_000 },
  { upTo: 1, minMs: 600_000, maxMs: 24 * 3_600_000 },
];
const counterTtlMs = 600_000;
/** Draws of a key that is not under way, before the first free one is taken. */
const drawsMax = 64;

const now = (): number => systemClock.monotonicMs();

/**
 * A closed loop of gets, sets, deletes and increments: a fixed number under way, each followed by the next. Keys are
 * drawn by Zipf 1.0; every answer is checked against what was written.
 */
export class MixedLoad {
  /** The first wrong answers, in words, without keys and values. */
  readonly described: string[] = [];
  readonly #client: FleetClient;
  readonly #cache: CacheHandle;
  readonly #memoryBytes: number;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #values: Values;
  readonly #counters = new Counters(soakLimits.counters);
  readonly #marks = new MarkSource();
  readonly #busy = new Set<number>();
  #sizes: Sizes;
  #keys = 1;
  #counts = noCounts();
  #endMs = 0;
  #underWay = 0;
  #ended: () => void = () => {};

  constructor(client: FleetClient, cache: CacheHandle, memoryBytes: number, sizes: readonly Sizes[], seed: number) {
    this.#client = client;
    this.#cache = cache;
    this.#memoryBytes = memoryBytes;
    this.#random = seededRandom(seed);
    this.#sizes = sizes[0]!;
    this.#ledger = new Ledger(Math.max(...sizes.map((each) => keyCount(each, memoryBytes))));
    this.#values = new Values(Math.max(...sizes.map((each) => each.valueBytesMax)));
  }

  /** Loads for a while; resolves when the last answer is there. */
  async run(sizes: Sizes, ms: number): Promise<LoadCounts> {
    this.#sizes = sizes;
    this.#keys = keyCount(sizes, this.#memoryBytes);
    this.#counts = noCounts();
    this.#endMs = now() + ms;
    this.#underWay = sizes.concurrency;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      for (let i = 0; i < sizes.concurrency; i++) this.#next();
    });
    return this.#counts;
  }

  #next(): void {
    if (now() >= this.#endMs) {
      if (--this.#underWay === 0) this.#ended();
      return;
    }
    const draw = this.#random() * 100;
    if (draw < shares.get) this.#get();
    else if (draw < shares.get + shares.set) this.#set();
    else if (draw < shares.get + shares.set + shares.delete) this.#delete();
    else this.#increment();
  }

  #get(): void {
    const key = this.#freeKey();
    const sentMs = now();
    this.#submit({ kind: 'get', ...this.#target(key) }, key, (result) => {
      if (result.status === 'missing') this.#counts.misses++;
      else if (result.status !== 'done') return false;
      else this.#checkValue(key, result.item!.value, sentMs);
      return true;
    });
  }

  #checkValue(key: number, bytes: Uint8Array, sentMs: number): void {
    this.#counts.hits++;
    this.#counts.bytesRead += bytes.length;
    const version = this.#values.versionIn(bytes, key);
    const objection = version === undefined ? 'broken bytes' : this.#ledger.objection(key, version, sentMs);
    if (objection !== undefined) this.#wrong(`a get of ${bytes.length} bytes answered ${objection}`);
  }

  #set(): void {
    const key = this.#freeKey();
    const version = this.#ledger.nextVersion();
    const value = this.#values.make(key, version, valueBytesOf(this.#sizes, this.#random()));
    const ttlMs = this.#ttlMs();
    const operation = { kind: 'set', ...this.#target(key), value, contentType: octetStream, ttlMs } as const;
    this.#submit(operation, key, ({ status }) => {
      if (status !== 'done') return false;
      this.#counts.sets++;
      this.#counts.bytesWritten += value.length;
      this.#ledger.stored(key, version, now() + ttlMs);
      return true;
    });
  }

  #delete(): void {
    const key = this.#freeKey();
    this.#submit({ kind: 'delete', ...this.#target(key) }, key, ({ status }) => {
      if (status !== 'done' && status !== 'missing') return false;
      this.#counts.deletes++;
      this.#ledger.removed(key);
      return true;
    });
  }

  #increment(): void {
    const counter = this.#counters.take(this.#random);
    if (counter === undefined) return this.#get();
    const target = this.#client.target(this.#cache, Buffer.from(`counter:${counter}`));
    const mark = this.#marks.next(now());
    const operation: IncrementOperation = {
      kind: 'increment',
      ...target,
      amount: 1n,
      ttlMs: counterTtlMs,
      ttlOnCreateOnly: false,
      ...(mark === null ? {} : { idempotency: mark }),
    };
    this.#client.submit(operation, null, hopLimits.deadlineMs, (result, error) => {
      this.#counts.operations++;
      if (result?.status !== 'done') {
        this.#counters.release(counter, result?.status === 'idempotency_full' || isRefusal(error));
        return this.#after(result, error);
      }
      this.#counts.increments++;
      const value = Number(Buffer.from(result.item!.value).toString('latin1'));
      const objection = this.#counters.answered(counter, value, result.existed);
      if (objection !== undefined) this.#wrong(`an increment ${objection}`);
      if (mark === null) this.#next();
      else this.#repeat(operation, mark, value);
    });
  }

  /** Sends a marked increment again: it must answer the same and count nothing. */
  #repeat(operation: IncrementOperation, idempotency: IdempotencyMark, value: number): void {
    this.#client.submit({ ...operation, idempotency }, null, hopLimits.deadlineMs, (result, error) => {
      this.#counts.operations++;
      if (result?.status !== 'done') return this.#after(result, error);
      this.#counts.replays++;
      const again = Number(Buffer.from(result.item!.value).toString('latin1'));
      if (!result.replayed || again !== value) this.#wrong('a repeated increment was not recognised');
      this.#next();
    });
  }

  /** Sends an operation on a key of its own; `accept` takes an expected result, and says whether it was one. */
  #submit(operation: Operation, key: number, accept: (result: OperationResult) => boolean): void {
    this.#client.submit(operation, null, hopLimits.deadlineMs, (result, error) => {
      this.#counts.operations++;
      this.#busy.delete(key);
      if (result !== null && accept(result)) return this.#next();
      if (operation.kind !== 'get' && !isRefusal(error)) this.#ledger.lost(key);
      this.#after(result, error);
    });
  }

  /** Goes on after anything but success. */
  #after(result: OperationResult | null, error: GodwitError | null): void {
    const { failed } = this.#counts;
    const cause = result?.status ?? error!.code;
    if (result?.status === 'idempotency_full' || isRefusal(error)) this.#counts.refused++;
    else failed[cause] = (failed[cause] ?? 0) + 1;
    // a refusal may have come at once
    setTimeout(() => this.#next(), soakLimits.refusedWaitMs);
  }

  #wrong(what: string): void {
    this.#counts.wrong++;
    if (this.described.length < soakLimits.describedMax) this.described.push(what);
  }

  #target(key: number): Target {
    return this.#client.target(this.#cache, Buffer.from(`item:${key}`));
  }

  /** A key that has nothing under way, which it has from now on. */
  #freeKey(): number {
    let key = 0;
    for (let draws = 0; draws < drawsMax; draws++) {
      key = Math.floor(this.#keys ** this.#random()) - 1;
      if (!this.#busy.has(key)) break;
    }
    while (this.#busy.has(key)) key = (key + 1) % this.#keys;
    this.#busy.add(key);
    return key;
  }

  #ttlMs(): number {
    const draw = this.#random();
    const { minMs, maxMs } = ttls.find(({ upTo }) => draw < upTo)!;
    return Math.floor(minMs * (maxMs / minMs) ** this.#random());
  }
}

/** Nothing was done, and it may be asked again. */
function isRefusal(error: GodwitError | null): boolean {
  return error?.code === 'overloaded';
}

function noCounts(): LoadCounts {
  return {
    operations: 0,
    hits: 0,
    misses: 0,
    sets: 0,
    deletes: 0,
    increments: 0,
    replays: 0,
    refused: 0,
    failed: {},
    wrong: 0,
    bytesRead: 0,
    bytesWritten: 0,
  };
}
