import { cpuSeconds } from '../support/process-cpu.ts';
import type { TopicsClient } from './client.ts';
import type { Subject } from './subject.ts';

/** CPU time so far by process group, in s: the subject's processes by name, and the client's. */
export type CpuTimes = Readonly<Record<string, number>>;

export async function cpuTimes(subject: Subject, client: TopicsClient): Promise<CpuTimes> {
  const times: Record<string, number> = {};
  for (const { name, pid } of subject.processes) {
    const seconds = cpuSeconds(pid);
    if (seconds !== undefined) times[name] = (times[name] ?? 0) + seconds;
  }
  const own = await client.cpu();
  return { ...times, 'client: subscribers': own.subscribers, 'client: publisher': own.publisher };
}

/** CPU time between two moments for each of `count`, in µs. */
export function microsEach(before: CpuTimes, after: CpuTimes, count: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, ((seconds - (before[name] ?? 0)) * 1e6) / count]),
  );
}
