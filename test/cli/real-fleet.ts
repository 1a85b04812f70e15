/** `godwit start` with its real roles, as a person at a terminal has it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { FleetEvent, FleetStatus } from '../../src/control-plane/protocol.ts';
import { RunningProcess } from './running-process.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;

/** For what takes a moment on an idle machine, and many seconds on one that is not. */
export const patience = { timeout: 30_000, interval: 50 };

/** Three nodes of the least memory unless the options say otherwise. */
const small = ['--port=0', '--memory=96MiB'];

export class RealFleet {
  readonly process: RunningProcess;
  readonly url: string;
  readonly authorization: string;
  readonly #directory: string;

  private constructor(process: RunningProcess, directory: string) {
    this.process = process;
    this.url = /URL +(\S+)/.exec(process.stdout)![1]!;
    this.authorization = `Bearer ${readFileSync(join(directory, '.godwit', 'admin.key'), 'utf8').trim()}`;
    this.#directory = directory;
  }

  /** A ready fleet whose data directory is in `directory`. */
  static async start(directory: string, options: readonly string[] = []): Promise<RealFleet> {
    const given = (flag: string) => options.some((option) => option.startsWith(flag.slice(0, flag.indexOf('='))));
    const args = [main, 'start', ...small.filter((flag) => !given(flag)), ...options];
    const process = new RunningProcess(args, { cwd: directory });
    await vi.waitFor(() => expect(process.stdout, process.stderr).toContain('Ctrl-C'), patience);
    return new RealFleet(process, directory);
  }

  /** Process ids of the children with a role; of all when none is named. */
  pids(role = '(storage|gateway|control)'): number[] {
    const lines = execFileSync('pgrep', ['-P', `${this.process.pid}`, '-f', `main.ts ${role}`], { encoding: 'utf8' });
    return lines.trim().split('\n').map(Number);
  }

  call(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { ...init, headers: { authorization: this.authorization, ...init.headers } });
  }

  async status(): Promise<FleetStatus> {
    return (await (await this.call('/fleet')).json()) as FleetStatus;
  }

  async events(): Promise<readonly FleetEvent[]> {
    return ((await (await this.call('/fleet/events')).json()) as { events: FleetEvent[] }).events;
  }

  /** Runs a client command against it, as a person beside it would. */
  async run(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const url =
      words.includes('upgrade') || words.some((word) => word.startsWith('--url=')) ? [] : [`--url=${this.url}`];
    const run = new RunningProcess([main, ...words, ...url], { cwd: this.#directory });
    const { code } = await run.exited;
    return { code, stdout: run.stdout, stderr: run.stderr };
  }

  /** Ends it as Ctrl-C does, and checks that it ends well. */
  async stop(): Promise<void> {
    this.process.child.kill('SIGINT');
    expect(await this.process.exited).toEqual({ code: 0, signal: null });
  }
}
