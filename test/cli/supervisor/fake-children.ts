import type { ChildMessage, DrainMessage, ParentMessage } from '../../../src/cli/supervisor/messages.ts';
import type { ChildPlan, ChildProcessHandle } from '../../../src/cli/supervisor/supervised-child.ts';

/** One life of a pretended process. */
export class FakeChild implements ChildProcessHandle {
  readonly plan: ChildPlan;
  readonly received: DrainMessage[] = [];
  killed = false;
  running = true;
  #onMessage: (message: ChildMessage, handle?: unknown) => void = () => {};
  #onExit: (code: number | null, signal: string | null) => void = () => {};

  readonly incarnation: string;

  constructor(plan: ChildPlan, incarnation: string) {
    this.plan = plan;
    this.incarnation = incarnation;
  }

  /** The listener that it was given. */
  inherited: unknown;

  send(message: ParentMessage, handle?: unknown): void {
    if (message.type === 'drain') this.received.push(message);
    if (message.type === 'hand_over') this.#onMessage({ type: 'listener' }, `listener of ${this.incarnation}`);
    if (message.type === 'listener') this.inherited = handle;
  }

  kill(): void {
    this.killed = true;
    if (this.running) this.exit(null, 'SIGKILL');
  }

  onMessage(listener: (message: ChildMessage, handle?: unknown) => void): void {
    this.#onMessage = listener;
  }

  onExit(listener: (code: number | null, signal: string | null) => void): void {
    this.#onExit = listener;
  }

  say(message: ChildMessage): void {
    this.#onMessage(message);
  }

  ready(): void {
    const { id, role } = this.plan;
    const incarnation = role === 'storage' ? { incarnation: this.incarnation } : {};
    this.say({ type: 'ready', url: `http://${id}`, internalUrl: `http://internal.${id}`, ...incarnation });
  }

  exit(code: number | null, signal: string | null = null): void {
    this.running = false;
    this.#onExit(code, signal);
  }
}

/** All lives that a supervisor began, oldest first. */
export class FakeLauncher {
  readonly lives: FakeChild[] = [];

  readonly launch = (plan: ChildPlan): FakeChild => {
    const child = new FakeChild(plan, `life-${this.lives.length}`);
    this.lives.push(child);
    return child;
  };

  get ids(): string[] {
    return this.lives.map((child) => child.plan.id);
  }

  /** The latest life of a child. */
  latest(id: string): FakeChild {
    const child = this.lives.findLast((life) => life.plan.id === id);
    if (!child) throw new Error(`${id} was never started`);
    return child;
  }
}
