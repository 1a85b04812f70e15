/**
 * A process's copy of the fleet's state, kept new by long polls. It serves what it has for as long as the
 * control plane is gone, and what it has applied never goes back.
 *
 * Every poll names the revision applied so far: administrative changes are answered only after the live
 * watchers have acknowledged them so. Uses no Node module, so that it also runs at the edge.
 */
import type { Clock } from '../clock.ts';
import { GodwitError } from '../errors.ts';
import type { FleetState, FleetStateSource } from '../fleet-state.ts';
import type { Log } from '../process.ts';
import { slotCount } from '../slots.ts';
import { roundBackoffMs, type Sleep, sleep } from './backoff.ts';
import { type ControlLinkOptions, callControl } from './call.ts';
import { controlLinkLimits } from './limits.ts';
import { controlPaths, parseStateAnswer, type StateAnswer, type WatcherRole } from './protocol.ts';
import { SilenceLog } from './silence-log.ts';
import { withViewChanges } from './view-check.ts';

export interface StateWatcherOptions extends ControlLinkOptions {
  /** Id of this life of the process: never used by another life, because acknowledgements belong to it. */
  readonly id: string;
  readonly role: WatcherRole;
  /** Internal base URL, to be listed among the fleet's processes. */
  readonly processUrl?: string;
  /** What is known already; nothing when left out. */
  readonly initial?: FleetState;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** What is known before the first answer: no slot is served, no cache exists, no key is trusted. */
export function emptyFleetState(): FleetState {
  return {
    revision: 0,
    view: { number: 0, nodes: [], slots: Array.from({ length: slotCount }, () => [0, 0, [], []]) },
    registry: { revision: 0, caches: [] },
    tokens: { revision: 0, issuer: '', keys: [], revocations: [] },
    processes: { revision: 0, list: [] },
  };
}

/** The newer of each section; a section that is not newer stays the same object. */
export function mergedState(held: FleetState, received: StateAnswer): FleetState {
  return {
    revision: Math.max(held.revision, received.revision),
    view: received.view && received.view.number > held.view.number ? received.view : held.view,
    registry: newer(held.registry, received.registry),
    tokens: newer(held.tokens, received.tokens),
    processes: newer(held.processes, received.processes),
  };
}

export class StateWatcher implements FleetStateSource {
  readonly #options: StateWatcherOptions;
  readonly #random: () => number;
  readonly #sleep: Sleep;
  readonly #listeners = new Set<(state: FleetState) => void>();
  readonly #stopped = new AbortController();
  #state: FleetState;
  /** Who gave the view that is held; empty when nobody did. */
  #viewSource = '';
  #loop: Promise<void> | undefined;
  #urlIndex = 0;
  /** When the control plane last answered, in monotonic ms. */
  #answeredMs: number | undefined;
  #refreshRunning: Promise<FleetState> | undefined;
  #refreshQueued: Promise<FleetState> | undefined;

  constructor(options: StateWatcherOptions) {
    if (options.urls.length === 0) throw new RangeError('a state watcher needs the URL of a control plane');
    this.#options = options;
    this.#state = options.initial ?? emptyFleetState();
    this.#random = options.random ?? Math.random;
    this.#sleep = options.sleep ?? sleep;
  }

  current(): FleetState {
    return this.#state;
  }

  onChange(listener: (state: FleetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Milliseconds since the control plane last answered; undefined before its first answer. */
  get silentMs(): number | undefined {
    return this.#answeredMs === undefined ? undefined : this.#options.clock.monotonicMs() - this.#answeredMs;
  }

  /**
   * Begins to poll; resolves with the first answer, however long that takes, or rejects with
   * `control_plane_unavailable` when `stop` comes before it.
   */
  start(): Promise<FleetState> {
    if (this.#loop) throw new Error('a state watcher starts once');
    return new Promise((resolve, reject) => {
      this.#loop = this.#run(resolve).then(() => reject(unavailable(undefined)));
    });
  }

  /** Ends the polls; the last state stays. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /**
   * Asks the control plane now, beside the long poll. At most one such call runs and one waits behind it,
   * however many ask: a caller never joins one that had begun before it. Rejects with
   * `control_plane_unavailable` when no answer came in `deadlineMs` (a duration).
   */
  refresh(deadlineMs: number): Promise<FleetState> {
    let shared: Promise<FleetState>;
    if (!this.#refreshRunning) {
      shared = this.#startRefresh();
    } else {
      this.#refreshQueued ??= this.#refreshRunning.then(
        () => this.#startRefresh(),
        () => this.#startRefresh(),
      );
      shared = this.#refreshQueued;
    }
    return within(shared, deadlineMs);
  }

  #startRefresh(): Promise<FleetState> {
    this.#refreshQueued = undefined;
    const running = this.#askAll().finally(() => {
      if (this.#refreshRunning === running) this.#refreshRunning = undefined;
    });
    this.#refreshRunning = running;
    return running;
  }

  async #askAll(): Promise<FleetState> {
    let failure: unknown;
    for (let attempt = 0; attempt < this.#options.urls.length; attempt++) {
      try {
        return await this.#ask(0, this.#stopped.signal);
      } catch (error) {
        failure = error;
        this.#urlIndex++;
      }
    }
    throw unavailable(failure);
  }

  async #run(first: (state: FleetState) => void): Promise<void> {
    const { backoffMsMin, backoffMsMax } = controlLinkLimits;
    const { urls } = this.#options;
    const { clock, log } = this.#options;
    const { signal } = this.#stopped;
    const silence = new SilenceLog(clock, log, {
      silent: 'control plane does not answer; going on with the last state',
      again: 'control plane answers again',
    });
    let failures = 0;
    while (!signal.aborted) {
      try {
        // The first poll after a failure does not wait, so that it soon tells whether the other side is there.
        const waitMs = failures > 0 || this.#answeredMs === undefined ? 0 : this.#pollWaitMs;
        const held = this.#state;
        const startMs = clock.monotonicMs();
        const state = await this.#ask(waitMs, signal);
        silence.answered();
        failures = 0;
        first(state);
        await this.#listProcess(signal);
        // A control plane that is closing answers without news and without waiting; asking on would be a busy loop.
        const isIdle = waitMs > 0 && this.#state === held && clock.monotonicMs() - startMs < backoffMsMin;
        if (isIdle) await this.#sleep(backoffMsMin, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        this.#urlIndex++;
        silence.failed(error);
        const pauseMs = roundBackoffMs(failures, urls.length, backoffMsMin, backoffMsMax, this.#random);
        await this.#sleep(pauseMs, signal);
      }
    }
  }

  /** One poll, its answer applied. */
  async #ask(waitMs: number, signal: AbortSignal): Promise<FleetState> {
    const held = this.#state;
    const query = new URLSearchParams({
      watcher: this.#options.id,
      role: this.#options.role,
      view: String(held.view.number),
      registry: String(held.registry.revision),
      tokens: String(held.tokens.revision),
      processes: String(held.processes.revision),
      revision: String(held.revision),
      wait_ms: String(waitMs),
      view_source: this.#viewSource,
    });
    const timeoutMs = waitMs + this.#pollGraceMs;
    const answer = await this.#call(`${controlPaths.state}?${query}`, undefined, timeoutMs, signal);
    this.#answeredMs = this.#options.clock.monotonicMs();
    this.#apply(this.#withWholeView(parseStateAnswer(answer)));
    return this.#state;
  }

  /** Changes of a view that is not held, since another answer has overtaken them, are no news: the next poll asks again. */
  #withWholeView({ view_changes: changes, view_source: source = '', ...answer }: StateAnswer): StateAnswer {
    const { view } = this.#state;
    const isNewer = ((changes ?? answer.view)?.number ?? 0) > view.number;
    if (!isNewer) return answer;
    if (changes === undefined) {
      this.#viewSource = source;
      return answer;
    }
    if (source !== this.#viewSource || changes.since > view.number)
      return { ...answer, revision: this.#state.revision };
    return { ...answer, view: withViewChanges(view, changes) };
  }

  #apply(answer: StateAnswer): void {
    const held = this.#state;
    const next = mergedState(held, answer);
    const sections = ['view', 'registry', 'tokens', 'processes'] as const;
    const changed = sections.some((section) => next[section] !== held[section]);
    if (!changed && next.revision === held.revision) return;
    this.#state = next;
    if (!changed) return;
    for (const listener of [...this.#listeners]) this.#tell(listener);
  }

  /** A listener that throws is a bug of its own; the others and the polls go on. */
  #tell(listener: (state: FleetState) => void): void {
    try {
      listener(this.#state);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a listener to the fleet’s state failed');
    }
  }

  /** Registers the process's internal URL whenever the fleet does not list it: at the start, or after a silence. */
  async #listProcess(signal: AbortSignal): Promise<void> {
    const { id, role, processUrl: url } = this.#options;
    if (url === undefined) return;
    if (this.#state.processes.list.some((process) => process.id === id && process.url === url)) return;
    await this.#call(controlPaths.processes, { id, role, url }, this.#pollGraceMs, signal);
    await this.#ask(0, signal);
  }

  get #pollWaitMs(): number {
    const { pollWaitMsMax, pollWaitMsOfSeveral } = controlLinkLimits;
    return this.#options.urls.length > 1 ? pollWaitMsOfSeveral : pollWaitMsMax;
  }

  get #pollGraceMs(): number {
    const { pollGraceMs, pollGraceMsOfSeveral } = controlLinkLimits;
    return this.#options.urls.length > 1 ? pollGraceMsOfSeveral : pollGraceMs;
  }

  #call(path: string, body: unknown, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
    const { urls } = this.#options;
    return callControl(this.#options, urls[this.#urlIndex % urls.length]!, { path, body, timeoutMs, signal });
  }
}

function newer<T extends { revision: number }>(held: T, received: T | undefined): T {
  return received && received.revision > held.revision ? received : held;
}

function unavailable(cause: unknown): GodwitError {
  return new GodwitError('control_plane_unavailable', 'The control plane does not answer.', { cause });
}

async function within<T>(promise: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(undefined)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
