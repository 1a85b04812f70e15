import type { Clock } from '../../src/shared/clock.ts';
import type { CacheOperation, Outcome, RequestStream } from './cache-operation.ts';
import { benchLimits } from './limits.ts';
import type { Subject } from './subject.ts';

/** What one system answered after the warm-up. */
export interface Counts {
  gets: number;
  hits: number;
  misses: number;
  /** Writes that the system did not take, those that fill a miss included. */
  refused: number;
  /** Gets answered with the value of another key. */
  wrong: number;
}

/** How late the answers to the batches were. */
export interface Lag {
  /** Of the latest one, in ms after the batch was due. */
  readonly maxMs: number;
  /** Share of the batches that were later than `lagMsMax`. */
  readonly lateShare: number;
}

export interface DriveResult {
  readonly counts: readonly Counts[];
  /** Punctuality of each system. */
  readonly lags: readonly Lag[];
  readonly prefillSeconds: number;
  readonly seconds: number;
}

export interface Pace {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly clock: Clock;
}

/** One time slot's requests. */
interface Batch {
  readonly dueMs: number;
  readonly counted: boolean;
  readonly operations: readonly CacheOperation[];
}

/**
 * Feeds every system the same requests at the same time: batches that are due one after the other, in real time. A
 * system gets a batch when the batch is due and its answer to the one before is there; what it missed there is set
 * in front. Systems do not wait for each other. A system that is hopelessly late is given up.
 */
export async function drive(stream: RequestStream, subjects: readonly Subject[], pace: Pace): Promise<DriveResult> {
  const { clock } = pace;
  const prefillStartMs = clock.monotonicMs();
  await prefill(stream, subjects);
  const schedule = new Schedule(stream, pace, subjects.length);
  const startMs = clock.monotonicMs();
  const lanes = await Promise.all(subjects.map((subject) => runLane(subject, schedule, clock)));
  return {
    counts: lanes.map(({ counts }) => counts),
    lags: lanes.map(({ lag }) => lag),
    prefillSeconds: (startMs - prefillStartMs) / 1_000,
    seconds: (clock.monotonicMs() - startMs) / 1_000,
  };
}

/** As fast as the slowest system takes it: all of them in step. */
async function prefill(stream: RequestStream, subjects: readonly Subject[]): Promise<void> {
  let batch: CacheOperation[] = [];
  let bytes = 0;
  const send = async () => {
    await Promise.all(subjects.map((subject) => subject.execute(batch)));
    batch = [];
    bytes = 0;
  };
  for (const operation of stream.prefill) {
    batch.push(operation);
    bytes += operation.size;
    if (batch.length >= benchLimits.prefillOperations || bytes >= benchLimits.prefillBytes) await send();
  }
  await send();
}

/** The batches, made when the first system wants them and forgotten when all have had them. */
class Schedule {
  readonly #stream: RequestStream;
  readonly #pace: Pace;
  readonly #readers: number;
  readonly #batches = new Map<number, { readonly batch: Batch; readers: number }>();
  readonly #batchMs: number;
  #startMs: number | undefined;
  #made = 0;
  #requests = 0;

  constructor(stream: RequestStream, pace: Pace, readers: number) {
    this.#stream = stream;
    this.#pace = pace;
    this.#readers = readers;
    const { batchMsMin, batchMsMax, batchRequests } = benchLimits;
    this.#batchMs = Math.min(batchMsMax, Math.max(batchMsMin, Math.round(batchRequests / this.#perMs)));
  }

  /** The batch of this number, once for each system; null after the last. */
  take(index: number): Batch | null {
    if (index * this.#batchMs * this.#perMs >= this.#pace.requests) return null;
    while (this.#made <= index) this.#batches.set(this.#made++, { batch: this.#make(), readers: this.#readers });
    const entry = this.#batches.get(index)!;
    if (--entry.readers === 0) this.#batches.delete(index);
    return entry.batch;
  }

  get #perMs(): number {
    return this.#pace.requestsPerSecond / 1_000;
  }

  #make(): Batch {
    this.#startMs ??= this.#pace.clock.monotonicMs();
    const dueMs = this.#startMs + this.#made * this.#batchMs;
    const counted = this.#requests >= this.#pace.requests * benchLimits.warmUpShare;
    const end = Math.min(this.#pace.requests, Math.round((this.#made + 1) * this.#batchMs * this.#perMs));
    const operations: CacheOperation[] = [];
    for (; this.#requests < end; this.#requests++) {
      const operation = this.#stream.next();
      if (operation !== null) operations.push(operation);
    }
    return { dueMs, counted, operations };
  }
}

async function runLane(subject: Subject, schedule: Schedule, clock: Clock): Promise<{ counts: Counts; lag: Lag }> {
  const counts: Counts = { gets: 0, hits: 0, misses: 0, refused: 0, wrong: 0 };
  let fills: CacheOperation[] = [];
  let maxMs = 0;
  let late = 0;
  let number = 0;
  for (; ; number++) {
    const batch = schedule.take(number);
    if (batch === null) break;
    const earlyMs = batch.dueMs - clock.monotonicMs();
    if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    const operations = [...fills, ...batch.operations];
    const outcomes = await subject.execute(operations);
    if (batch.counted) count(counts, operations, outcomes, fills.length);
    fills = missed(operations, outcomes);
    const lagMs = clock.monotonicMs() - batch.dueMs;
    maxMs = Math.max(maxMs, lagMs);
    if (lagMs > benchLimits.lagMsMax) late++;
    if (lagMs > benchLimits.lagGiveUpMs) return { counts, lag: { maxMs, lateShare: 1 } };
  }
  return { counts, lag: { maxMs, lateShare: late / number } };
}

/** Sets of what was missed, each key once. A value of another key is no hit: the item is set anew. */
function missed(operations: readonly CacheOperation[], outcomes: readonly Outcome[]): CacheOperation[] {
  const fills = new Map<string, CacheOperation>();
  for (const [i, operation] of operations.entries())
    if (outcomes[i] === 'miss' || outcomes[i] === 'wrong') fills.set(operation.key, { ...operation, kind: 'set' });
  return [...fills.values()];
}

function count(
  counts: Counts,
  operations: readonly CacheOperation[],
  outcomes: readonly Outcome[],
  fills: number,
): void {
  for (let i = 0; i < operations.length; i++) {
    const outcome = outcomes[i]!;
    if (outcome === 'refused') counts.refused++;
    if (operations[i]!.kind !== 'get' || i < fills) continue;
    counts.gets++;
    if (outcome === 'hit') counts.hits++;
    else counts.misses++;
    if (outcome === 'wrong') counts.wrong++;
  }
}
