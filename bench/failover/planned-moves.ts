/** What an operator does to `godwit start` under load: drain a node and take it back, upgrade everything. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { Choices } from '../../test/api/fuzz/random.ts';
import { BenchProcess, temporaryFolder } from '../support/bench-process.ts';
import { failoverLimits } from './limits.ts';
import { type OpenFigures, OpenLoad, type SlowRequest } from './open-load.ts';

export interface MoveResult {
  readonly kind: 'drain' | 'upgrade';
  readonly seconds: number;
  /** Requests that failed, from its beginning until some time after its end. */
  readonly failures: number;
  /** Requests that were not sent because too many were under way: the machine is too slow for the load. */
  readonly left_out: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly longest_ms: number;
  /** The slowest of reads and writes; 0 is the beginning of the move. */
  readonly slowest: readonly SlowRequest[];
  readonly p99_ms: number;
  readonly p99_before_ms: number;
  /** Reads that found their item, in a hundred. */
  readonly hit_ratio_before: number;
  readonly hit_ratio_after: number;
}

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const stopTimeoutMs = 15_000;

/** The whole of Godwit as `godwit start` runs it, with items, readers and writers. */
export class MoveBench {
  readonly #dataDir: string;
  readonly #url: string;
  readonly #reads: OpenLoad;
  readonly #writes: OpenLoad;

  private constructor(dataDir: string, url: string, authorization: string) {
    this.#dataDir = dataDir;
    this.#url = url;
    this.#reads = new OpenLoad([url], authorization);
    this.#writes = new OpenLoad([url], authorization);
  }

  static async start(stack: AsyncDisposableStack, items: number): Promise<MoveBench> {
    const dataDir = await temporaryFolder(stack);
    const memory = `--memory=${3 * failoverLimits.nodeMemoryBytes}`;
    const flags = ['start', '--port=0', `--data-dir=${dataDir}`, '--gateways=2', '--drain-timeout=5s', memory];
    const supervisor = await BenchProcess.start(stack, 'godwit', [process.execPath, entry, ...flags], stopTimeoutMs);
    const url = await supervisor.until(() => /^ +URL +(http\S+)$/m.exec(supervisor.output)?.[1]);
    const key = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();
    const bench = new MoveBench(dataDir, url, `Bearer ${key}`);
    stack.defer(() => bench.#reads.stop());
    stack.defer(() => bench.#writes.stop());
    await bench.#fill(items, `Bearer ${key}`);
    const choices = new Choices(1);
    const path = () => `/cache/default?key=item-${choices.below(items)}`;
    bench.#reads.every(1_000 / failoverLimits.readsPerSecond, failoverLimits.openMax, () => ({
      method: 'GET',
      path: path(),
      statuses: [200, 404],
    }));
    const body = new Uint8Array(failoverLimits.itemBytes).fill(120);
    bench.#writes.every(1_000 / failoverLimits.writesPerSecond, failoverLimits.openMax, () => ({
      method: 'PUT',
      path: path(),
      body,
      statuses: [204],
    }));
    return bench;
  }

  /** Drains a node and takes it back. */
  drain(node: string): Promise<MoveResult> {
    return this.#measure('drain', async () => {
      await this.#godwit('fleet', 'drain', node);
      await this.#godwit('fleet', 'add', node);
    });
  }

  /** Every process of the fleet is started anew. */
  upgrade(): Promise<MoveResult> {
    return this.#measure('upgrade', () => this.#godwit('fleet', 'upgrade'));
  }

  async #measure(kind: MoveResult['kind'], move: () => Promise<void>): Promise<MoveResult> {
    this.#figures();
    await pause(failoverLimits.aroundMs);
    const before = this.#figures();
    const startMs = systemClock.monotonicMs();
    await move();
    const seconds = (systemClock.monotonicMs() - startMs) / 1_000;
    await pause(failoverLimits.aroundMs);
    const during = this.#figures();
    const kinds = { ...during.reads.kinds };
    for (const [name, count] of Object.entries(during.writes.kinds)) kinds[name] = (kinds[name] ?? 0) + count;
    const both = [during.reads, during.writes];
    return {
      kind,
      seconds,
      failures: both.reduce((sum, one) => sum + one.failures, 0),
      left_out: both.reduce((sum, one) => sum + one.left_out, 0),
      kinds,
      requests: both.reduce((sum, one) => sum + one.requests, 0),
      longest_ms: Math.max(...both.map((one) => one.latency.max)),
      slowest: both.flatMap((one) => one.slowest).sort((a, b) => b.took_ms - a.took_ms),
      p99_ms: Math.max(...both.map((one) => one.latency.p99)),
      p99_before_ms: Math.max(before.reads.latency.p99, before.writes.latency.p99),
      hit_ratio_before: hitRatio(before.reads),
      hit_ratio_after: hitRatio(during.reads),
    };
  }

  #figures(): { reads: OpenFigures; writes: OpenFigures } {
    return { reads: this.#reads.figures(), writes: this.#writes.figures() };
  }

  async #godwit(...words: string[]): Promise<void> {
    const own = words[1] === 'upgrade' ? [] : [`--url=${this.#url}`];
    const args = [entry, ...words, ...own, `--data-dir=${this.#dataDir}`];
    await promisify(execFile)(process.execPath, args, { timeout: failoverLimits.moveMs });
  }

  async #fill(items: number, authorization: string): Promise<void> {
    const value = 'v'.repeat(failoverLimits.itemBytes);
    const batch = 500;
    for (let first = 0; first < items; first += batch) {
      const some = Array.from({ length: Math.min(batch, items - first) }, (_, index) => ({
        key: `item-${first + index}`,
        value,
        ttl_seconds: 86_400,
      }));
      const response = await fetch(`${this.#url}/cache/default/set`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ items: some }),
      });
      const text = await response.text();
      if (!response.ok || text.includes('"error"'))
        throw new Error(`filling: ${response.status} ${text.slice(0, 300)}`);
    }
  }
}

function hitRatio({ requests, failures, misses }: OpenFigures): number {
  const answered = requests - failures;
  return (100 * (answered - misses)) / answered;
}
