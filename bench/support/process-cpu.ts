import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of a second in `/proc`: USER_HZ, which Linux has fixed at 100 on every platform that Node runs on. */
const ticksPerSecond = 100;

/** CPU time of a process so far, all threads, user and system, in seconds; undefined where there is no `/proc`. */
export function cpuSeconds(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Processes whose parent is this one; none where there is no `/proc`. */
export function childProcesses(pid: number): { pid: number; commandLine: readonly string[] }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(statFields(Number(name))?.[1]) === pid)
    .map((name) => ({ pid: Number(name), commandLine: commandLineOf(Number(name)) }));
}

/** The fields of `/proc/<pid>/stat` from the third on; the second, a name in brackets, may hold anything. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
