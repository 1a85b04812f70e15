import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadFigures, LoadMessage, LoadPlan } from './load-plan.ts';

/** How much longer than planned a load may take, in ms, before the client is thought to hang. */
const graceMs = 35_000;

/** A load generator in a process of its own. */
export class LoadClient {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `stack` ends it. */
  static async start(stack: AsyncDisposableStack): Promise<LoadClient> {
    const child = fork(new URL('./load-worker.ts', import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    stack.defer(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    return new LoadClient(child);
  }

  /** Runs one load; one at a time. */
  run(plan: LoadPlan): Promise<LoadFigures> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        child.removeAllListeners();
      };
      const timer = setTimeout(() => fail('did not finish in time'), plan.durationMs + graceMs);
      const fail = (reason: string) => {
        settle();
        reject(new Error(`the load client ${reason}`));
      };
      child.on('exit', () => fail('ended'));
      child.on('message', (message: LoadMessage) => {
        if (message.type !== 'figures') return;
        settle();
        resolve(message.figures);
      });
      child.send(plan);
    });
  }
}
