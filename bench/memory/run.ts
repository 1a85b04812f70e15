import { systemClock } from '../../src/shared/clock.ts';
import type { StreamCounts } from './cache-operation.ts';
import { type Counts, type DriveResult, drive } from './drive.ts';
import { startGodwit } from './godwit.ts';
import { benchLimits } from './limits.ts';
import { startMemcached } from './memcached.ts';
import { startRedis } from './redis.ts';
import { residentBytes, type Subject, type SubjectId, type SubjectStatistics } from './subject.ts';
import { Values } from './values.ts';
import type { Prepared } from './workloads.ts';

const starts: Readonly<
  Record<SubjectId, (stack: AsyncDisposableStack, memoryMib: number, values: Values) => Promise<Subject>>
> = {
  godwit: startGodwit,
  memcached: startMemcached,
  redis_lru: (stack, memoryMib, values) => startRedis(stack, memoryMib, values, 'lru'),
  redis_lfu: (stack, memoryMib, values) => startRedis(stack, memoryMib, values, 'lfu'),
};

/** One system in one run. */
export interface SystemResult extends Counts, SubjectStatistics {
  readonly subject: SubjectId;
  readonly miss_ratio: number;
  /** Resident memory of the process, in MiB; null where it cannot be read. */
  readonly resident_mib: number | null;
  /** Latest answer to a batch, in ms after the batch was due. */
  readonly lag_ms_max: number;
  readonly late_share: number;
}

/** All systems with one size of memory, in one run. */
export interface RunResult {
  readonly memory_mib: number;
  /** Whether every system kept pace; a run that is not valid says nothing about misses. */
  readonly valid: boolean;
  readonly prefill_seconds: number;
  readonly seconds: number;
  readonly stream: StreamCounts;
  readonly systems: readonly SystemResult[];
}

/** Which systems can be started here, and why the others cannot. */
export async function installed(ids: readonly SubjectId[]): Promise<{ present: SubjectId[]; skipped: string[] }> {
  const present: SubjectId[] = [];
  const skipped: string[] = [];
  const values = new Values(0);
  for (const id of ids) {
    await using stack = new AsyncDisposableStack();
    try {
      await starts[id](stack, 32, values);
      present.push(id);
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw error;
      skipped.push(`${id}: there is no ${path} on this machine; apt-get install -y ${path} brings it`);
    }
  }
  return { present, skipped };
}

/**
 * Runs a workload on all systems at once, each in a new process; once more when the machine was too busy for one of
 * them. `stack` gets what has to be stopped as soon as it runs.
 */
export async function runWorkload(
  prepared: Prepared,
  memoryMib: number,
  subjectIds: readonly SubjectId[],
  stack: AsyncDisposableStack,
): Promise<RunResult> {
  for (let attempt = 1; ; attempt++) {
    await using own = stack.use(new AsyncDisposableStack());
    const values = new Values(prepared.valueSizeMax);
    const subjects = await Promise.all(subjectIds.map((id) => starts[id](own, memoryMib, values)));
    const stream = prepared.stream();
    const { requests, requestsPerSecond } = prepared;
    const result = await drive(stream, subjects, { requests, requestsPerSecond, clock: systemClock });
    const valid = result.lags.every(({ lateShare }) => lateShare <= benchLimits.lateShareMax);
    if (!valid && attempt < benchLimits.attemptsMax) continue;
    await new Promise((resolve) => setTimeout(resolve, benchLimits.settleMs));
    return {
      memory_mib: memoryMib,
      valid,
      prefill_seconds: result.prefillSeconds,
      seconds: result.seconds,
      stream: stream.counts,
      systems: await Promise.all(subjects.map((subject, i) => systemResult(subject, result, i))),
    };
  }
}

async function systemResult(subject: Subject, { counts, lags }: DriveResult, index: number): Promise<SystemResult> {
  const own = counts[index]!;
  const resident = residentBytes(subject.pid);
  return {
    subject: subject.id,
    miss_ratio: own.misses / own.gets,
    ...own,
    lag_ms_max: lags[index]!.maxMs,
    late_share: lags[index]!.lateShare,
    resident_mib: resident === undefined ? null : resident / 2 ** 20,
    ...(await subject.statistics()),
  };
}
