/**
 * One subject in a process of its own, which does what the bench asks over IPC, one thing at a time:
 *
 *     node --expose-gc worker.ts
 *
 * Memory and pauses are those of this process, so nobody else's items can be in them.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../src/shared/clock.ts';
import type { BenchCase, Measure, SubjectId } from './cases.ts';
import { keyLength } from './cases.ts';
import { GcWatch } from './gc-watch.ts';
import type { EngineMemory } from './memory-breakdown.ts';
import { createSubject, type Subject } from './subjects.ts';
import {
  absentNumbersFrom,
  batchOperations,
  isValueOf,
  keysOf,
  type Random,
  seededRandom,
  writeKey,
  zipfNumbers,
} from './workload.ts';

export type WorkerRequest =
  | { readonly kind: 'fill'; readonly subject: SubjectId; readonly benchCase: BenchCase; readonly seed: number }
  | { readonly kind: 'round'; readonly measure: Measure; readonly ms: number }
  | { readonly kind: 'churn'; readonly ms: number };

/** After filling. */
export interface FillAnswer {
  readonly items: number;
  /** Resident memory that came with the items, in bytes. */
  readonly residentBytes: number;
}

/** After a round. */
export interface RoundAnswer {
  readonly operations: number;
  readonly seconds: number;
  readonly hits: number;
  /** Answers that were not the key's value. */
  readonly wrong: number;
}

/** After a mixed phase that followed the filling. */
export interface ChurnAnswer {
  readonly operations: number;
  readonly items: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Pauses from the beginning of the filling on, in ms. */
  readonly gc: { readonly longestMs: number; readonly totalMs: number; readonly count: number };
  /** A whole collection that was asked for, in ms. */
  readonly fullGcMs: number;
  readonly memory: EngineMemory | null;
}

const now = (): number => systemClock.monotonicMs();
/** Values that a round's answers are compared with. */
const checksPerRound = 1_000;
/** Batches between two turns of the event loop, in the phases whose pauses are looked at. */
const turnBatches = 64;
/** Steps from a drawn number to one that is present: items that did not fit are the first or scattered, never most. */
const redrawsMax = 64;
/** Length of a step in all items: the golden section leaves no region out. */
const redrawStepShare = 0.618;

class SubjectWorker {
  readonly #subject: Subject;
  readonly #gc: GcWatch;
  readonly #residentBefore: number;
  readonly #random: Random;
  readonly #numbers: Uint32Array;
  readonly #zipfKeys: Buffer;
  readonly #absentKeys: Buffer;
  readonly #newKeys = Buffer.alloc(batchOperations * keyLength);
  readonly #out = Buffer.alloc(64 * 1024);
  /** Number of the next key that was never stored. */
  #next = 0;
  /** Where the keys of `get` and `miss` go on. */
  #drawn = 0;

  constructor(id: SubjectId, benchCase: BenchCase, seed: number) {
    this.#random = seededRandom(seed);
    this.#numbers = zipfNumbers(benchCase.items, this.#random);
    this.#zipfKeys = keysOf(this.#numbers.length, (i) => this.#numbers[i]!);
    this.#absentKeys = keysOf(this.#numbers.length, (i) => absentNumbersFrom + i);
    collect();
    this.#residentBefore = process.memoryUsage.rss();
    this.#gc = new GcWatch();
    this.#subject = createSubject(id, benchCase);
  }

  async fill(items: number): Promise<FillAnswer> {
    while (this.#next < items) {
      this.#setBatch(Math.min(batchOperations, items - this.#next));
      // the collector's entries are handed over between turns
      if (this.#next % (turnBatches * batchOperations) === 0) await turn();
    }
    collect();
    const residentBytes = process.memoryUsage.rss() - this.#residentBefore;
    this.#drawOnlyPresent(items);
    return { items: this.#subject.items(), residentBytes };
  }

  /** Replaces drawn keys whose items did not fit by the next ones that did: `get` is to measure hits. */
  #drawOnlyPresent(items: number): void {
    const numbers = this.#numbers;
    const step = Math.floor(items * redrawStepShare);
    for (let i = 0; i < numbers.length; i++) {
      for (let tries = 0; tries < redrawsMax; tries++) {
        if (this.#subject.get(this.#zipfKeys, i * keyLength, this.#out)) break;
        numbers[i] = (numbers[i]! + step) % items;
        writeKey(this.#zipfKeys, i * keyLength, numbers[i]!);
      }
    }
  }

  /** Gets and sets in turns of one batch each, half and half. */
  async churn(ms: number): Promise<ChurnAnswer> {
    const end = now() + ms;
    let operations = 0;
    while (now() < end) {
      this.#getBatch(this.#zipfKeys);
      this.#setBatch();
      operations += 2 * batchOperations;
      if (operations % (turnBatches * batchOperations) === 0) await turn();
    }
    const gc = await this.#gc.end();
    const startMs = now();
    globalThis.gc!();
    const fullGcMs = now() - startMs;
    collect();
    const answer: ChurnAnswer = {
      operations,
      items: this.#subject.items(),
      residentBytes: process.memoryUsage.rss() - this.#residentBefore,
      heapBytes: process.memoryUsage().heapUsed,
      gc,
      fullGcMs,
      memory: this.#subject.memory(),
    };
    this.#subject.check();
    return answer;
  }

  round(measure: Measure, ms: number): RoundAnswer {
    let operations = 0;
    let seconds = 0;
    let hits = 0;
    while (seconds * 1_000 < ms) {
      const startMs = now();
      let took: number;
      if (measure === 'set') took = this.#setBatch();
      else {
        hits += this.#getBatch(measure === 'get' ? this.#zipfKeys : this.#absentKeys);
        took = now() - startMs;
      }
      seconds += took / 1_000;
      operations += batchOperations;
    }
    return { operations, seconds, hits, wrong: measure === 'get' ? this.#wrongAnswers() : 0 };
  }

  /** Stores a batch of new keys; the time in ms that took, without the making of the keys. */
  #setBatch(count = batchOperations): number {
    const subject = this.#subject;
    const keys = this.#newKeys;
    const first = this.#next;
    for (let i = 0; i < count; i++) writeKey(keys, i * keyLength, first + i);
    this.#next = first + count;
    const startMs = now();
    subject.tick(startMs);
    for (let i = 0; i < count; i++) subject.set(keys, i * keyLength, first + i);
    return now() - startMs;
  }

  /** Reads the next batch of drawn keys; how many were there. */
  #getBatch(keys: Buffer): number {
    const subject = this.#subject;
    const out = this.#out;
    let hits = 0;
    subject.tick(now());
    const first = this.#drawn;
    for (let i = first; i < first + batchOperations; i++) if (subject.get(keys, i * keyLength, out)) hits++;
    this.#drawn = (first + batchOperations) % this.#numbers.length;
    return hits;
  }

  #wrongAnswers(): number {
    let wrong = 0;
    for (let i = 0; i < checksPerRound; i++) {
      const drawn = Math.floor(this.#random() * this.#numbers.length);
      if (!this.#subject.get(this.#zipfKeys, drawn * keyLength, this.#out)) continue;
      if (!isValueOf(this.#out, this.#numbers[drawn]!)) wrong++;
    }
    return wrong;
  }
}

/** A whole collection, twice: what the first one finds unreachable may hold more. */
function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
}

let worker: SubjectWorker | null = null;

async function answer(request: WorkerRequest): Promise<FillAnswer | RoundAnswer | ChurnAnswer> {
  if (request.kind === 'fill') {
    worker = new SubjectWorker(request.subject, request.benchCase, request.seed);
    return worker.fill(request.benchCase.items);
  }
  if (worker === null) throw new Error('nothing is filled');
  return request.kind === 'round' ? worker.round(request.measure, request.ms) : worker.churn(request.ms);
}

process.on('message', async (request: WorkerRequest) => process.send!(await answer(request)));
// the bench has gone
process.on('disconnect', () => process.exit());
