import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchCase, Measure, SubjectId } from './cases.ts';
import type { ChurnAnswer, FillAnswer, RoundAnswer, WorkerRequest } from './worker.ts';

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** A subject in a process of its own, filled. It works only while it is asked something. */
export class SubjectProcess {
  readonly id: SubjectId;
  readonly #child: ChildProcess;

  private constructor(id: SubjectId, child: ChildProcess) {
    this.id = id;
    this.#child = child;
  }

  /** Starts and fills one; `stack` ends it. */
  static async start(
    stack: AsyncDisposableStack,
    id: SubjectId,
    benchCase: BenchCase,
    seed: number,
  ): Promise<{ subject: SubjectProcess; filled: FillAnswer }> {
    const child = fork(workerFile, { execArgv: ['--expose-gc'] });
    stack.defer(() => {
      if (child.connected) child.disconnect();
    });
    const subject = new SubjectProcess(id, child);
    const filled = (await subject.#ask({ kind: 'fill', subject: id, benchCase, seed })) as FillAnswer;
    return { subject, filled };
  }

  async round(measure: Measure, ms: number): Promise<RoundAnswer> {
    return (await this.#ask({ kind: 'round', measure, ms })) as RoundAnswer;
  }

  async churn(ms: number): Promise<ChurnAnswer> {
    return (await this.#ask({ kind: 'churn', ms })) as ChurnAnswer;
  }

  #ask(request: WorkerRequest): Promise<FillAnswer | RoundAnswer | ChurnAnswer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const done = (answer: unknown): void => {
        child.off('exit', ended);
        resolve(answer as FillAnswer);
      };
      const ended = (code: number | null, signal: string | null): void => {
        child.off('message', done);
        reject(new Error(`the process of ${this.id} ended (${signal ?? code})`));
      };
      child.once('message', done);
      child.once('exit', ended);
      child.send(request);
    });
  }
}
