import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const readyTimeoutMs = 30_000;

/** A server that a bench runs on loopback. */
export class BenchProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #stopTimeoutMs: number;
  #output = '';

  private constructor(name: string, child: ChildProcess, stopTimeoutMs: number) {
    this.name = name;
    this.#child = child;
    this.#stopTimeoutMs = stopTimeoutMs;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** What it printed so far, on both streams. */
  get output(): string {
    return this.#output;
  }

  /**
   * Starts a command without the `GODWIT_*` variables of whoever runs the bench; `stack` stops it. Rejects when
   * it is not installed.
   */
  static async start(
    stack: AsyncDisposableStack,
    name: string,
    [command, ...args]: readonly [string, ...string[]],
    stopTimeoutMs = 3_000,
  ): Promise<BenchProcess> {
    if (stack.disposed) throw new Error('the bench is being stopped');
    const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('GODWIT_')));
    // a group of its own: on Ctrl-C it is stopped in its turn and not by the terminal
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env });
    const started = new BenchProcess(name, child, stopTimeoutMs);
    stack.defer(() => started.stop());
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => (started.#output = (started.#output + chunk.toString()).slice(-64 * 1024)));
    await once(child, 'spawn');
    return started;
  }

  /** Waits until `ready` gives something else than undefined. Rejects when the process ends or takes too long. */
  async until<T>(ready: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (let waitedMs = 0; waitedMs < readyTimeoutMs; waitedMs += 50) {
      const result = await ready();
      if (result !== undefined) return result;
      if (this.#ended) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `${this.name} ${this.#ended ? 'ended at once' : 'did not become ready'}: ${this.#output.slice(-2_000)}`,
    );
  }

  get #ended(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** SIGTERM, and SIGKILL when that does not end it. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.#stopTimeoutMs);
    await exited;
    clearTimeout(timer);
  }
}

/** A folder of its own, which goes when `stack` does. */
export async function temporaryFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
