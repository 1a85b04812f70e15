import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const running = new Set<ChildProcess>();

/** A process under test with what it printed so far. */
export class RunningProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  stdout = '';
  stderr = '';

  /** Starts `args` with this Node.js, without the `GODWIT_*` variables of whoever runs the tests. */
  constructor(
    args: readonly string[],
    options: { env?: Record<string, string>; cwd?: string; execPath?: string; ownGroup?: boolean } = {},
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GODWIT_'));
    this.child = spawn(options.execPath ?? process.execPath, args, {
      env: { ...Object.fromEntries(inherited), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.ownGroup ?? false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    running.add(this.child);
    this.child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    // 'close' comes after the last byte of both streams
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this.child);
      return { code: code as number | null, signal: signal as string | null };
    });
  }

  get pid(): number {
    return this.child.pid!;
  }
}

/** For `afterEach`: ends what a failed test left behind. */
export async function endRunningProcesses(): Promise<void> {
  const left = [...running];
  for (const child of left) child.kill('SIGKILL');
  await Promise.all(
    left.map((child) => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined)),
  );
  running.clear();
}

/** Whether a process runs; one that ended and that nobody has asked about yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The command line of a process, as every user of the machine can read it. */
export function commandLine(pid: number): string {
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  return execFileSync('ps', ['-o', 'args=', '-ww', '-p', `${pid}`], { encoding: 'utf8' });
}
