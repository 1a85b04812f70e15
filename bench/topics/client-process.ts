import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What travels between a client process and its parent. */
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A process of the bench's client. Calls are answered by id, so that several may be under way. */
export class ClientProcess<Call extends { readonly type: string }> {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, result, error }: Answer) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error !== undefined) pending?.reject(new Error(error));
      else pending?.resolve(result as never);
    });
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`a client process ended: ${code ?? signal}`));
      this.#pending.clear();
    });
  }

  /** `stack` ends it. */
  static async start<Call extends { readonly type: string }>(
    stack: AsyncDisposableStack,
    script: string,
  ): Promise<ClientProcess<Call>> {
    if (stack.disposed) throw new Error('the bench is being stopped');
    const child = fork(new URL(script, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    stack.defer(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    return new ClientProcess<Call>(child);
  }

  /** The process answers in the time that its own limits set. */
  call<Result>(call: Call): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('a client process has ended'));
      this.#pending.set(id, { resolve: resolve as (result: never) => void, reject });
      this.#child.send({ ...call, id });
    });
  }

  /** CPU time so far, in s. */
  cpuSeconds(): Promise<number> {
    return this.call<number>({ type: 'cpu' } as never);
  }
}

/** The process's side: answers calls until the parent is gone. */
export function serveCalls<Call extends { readonly type: string }>(answer: (call: Call) => unknown): void {
  const tell = (message: Answer) => process.connected && process.send!(message, () => {});
  process.on('message', async (call: Call & { id: number }) => {
    try {
      const result = call.type === 'cpu' ? ownCpuSeconds() : await answer(call);
      tell({ id: call.id, result: result ?? null });
    } catch (error) {
      tell({ id: call.id, error: String((error as Error).stack) });
    }
  });
  process.on('disconnect', () => process.exit());
  // on Ctrl-C the parent ends it, when it has ended the servers
  process.on('SIGINT', () => {});
  tell({ id: 0 });
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
