import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { chaosLimits } from '../limits.ts';
import type { Network } from '../network/network.ts';

export interface ProcessPlan {
  /** Its name in the fleet, and of the machine it runs on. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Says when it is ready, of what it has printed so far and by looking at it. */
  readonly isReady: (output: string) => boolean | Promise<boolean>;
}

/** One process of the fleet over all its lives. */
export class FleetProcess {
  readonly plan: ProcessPlan;
  readonly #network: Network;
  readonly #logFile: string | undefined;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #output = '';
  /** Lives so far. */
  lives = 0;
  /** Deaths that nobody asked for. */
  readonly accidents: string[] = [];
  /** Called when a life ends, whatever ended it. */
  onEnd: () => void = () => {};
  #expected = false;
  #stopped = false;

  constructor(plan: ProcessPlan, network: Network, logFile?: string) {
    this.#logFile = logFile;
    this.plan = plan;
    this.#network = network;
  }

  get name(): string {
    return this.plan.name;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Of the process itself: `nsenter` and whatever else stands before it replace themselves by it. */
  get pid(): number {
    return this.#child!.pid!;
  }

  /** What this life has printed; its end when that is much. */
  get output(): string {
    return this.#output;
  }

  /** Starts a new life; `ready` waits for it. */
  launch(): void {
    if (this.#child !== undefined) throw new Error(`${this.name} runs already`);
    const { name, command, environment } = this.plan;
    const inherited = Object.entries(process.env).filter(([variable]) => !/^(GODWIT|CHAOS)_/.test(variable));
    const [program, ...args] = this.#network.commandOn(name, command);
    const child = spawn(program!, args, {
      env: { ...Object.fromEntries(inherited), ...environment, ...this.#network.environmentOf(name) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // a group of its own: on Ctrl-C the run ends it in its turn
      detached: true,
    });
    this.#child = child;
    this.#output = '';
    this.#expected = false;
    this.lives++;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        if (this.#logFile !== undefined) appendFileSync(this.#logFile, chunk);
        this.#output = (this.#output + chunk.toString()).slice(-chaosLimits.outputBytesMax);
      });
    this.#exited = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#stopped = false;
        this.onEnd();
        if (!this.#expected) this.accidents.push(`${name} ended by itself (${how}): ${this.#output.slice(-1_500)}`);
        resolve();
      };
      child.once('exit', (code, signal) => end(`${signal ?? code}`));
      child.once('error', (error) => end(error.message));
    });
  }

  /** Rejects when it ends, or is not ready in time. */
  async ready(): Promise<void> {
    for (let waitedMs = 0; waitedMs < chaosLimits.readyMs; waitedMs += chaosLimits.pollMs) {
      if (!this.isRunning) break;
      if (await this.plan.isReady(this.#output)) return;
      await pause(chaosLimits.pollMs);
    }
    throw new Error(`${this.name} did not become ready: ${this.#output.slice(-2_000)}`);
  }

  /** `SIGKILL`; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#expected = true;
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** `SIGSTOP`: it keeps its connections and says nothing. */
  stop(): void {
    this.#stopped = true;
    this.#child?.kill('SIGSTOP');
  }

  /** `SIGCONT`. */
  resume(): void {
    this.#stopped = false;
    this.#child?.kill('SIGCONT');
  }

  /** `SIGTERM`; resolves with how long it took to end, in ms. Rejects when it has to be killed. */
  async terminate(graceMs: number = chaosLimits.stopMs): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#expected = true;
    if (this.#stopped) this.resume();
    child.kill('SIGTERM');
    const late = new AbortController();
    const timeout = pause(graceMs, 'late', { signal: late.signal }).catch(() => 'ended');
    const how = await Promise.race([this.#exited.then(() => 'ended'), timeout]);
    late.abort();
    if (how === 'ended') return;
    await this.kill();
    throw new Error(`${this.name} did not end after SIGTERM: ${this.#output.slice(-2_000)}`);
  }
}

/** Waits until `holds`; false when it did not within the time. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += chaosLimits.pollMs) {
    if (await holds()) return true;
    await pause(chaosLimits.pollMs);
  }
  return false;
}

/** For processes that were made by someone else and have to be gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
