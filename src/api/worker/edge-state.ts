/**
 * The fleet's state on an edge runtime, where nothing runs between requests and no request may wait for the
 * input or output of another.
 *
 * What is known is shared by the requests of an isolate; asking is not. A copy that has some age is renewed
 * beside a request; one that is too old is renewed before the request goes on. When the control plane does not
 * answer, the last copy serves, as it does on any gateway.
 */
import { CacheDirectory } from '../../routing/cache-directory.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Fetch } from '../../shared/control-link/call.ts';
import { emptyFleetState, mergedState, StateWatcher } from '../../shared/control-link/state-watcher.ts';
import type { FleetState } from '../../shared/fleet-state.ts';
import type { Log } from '../../shared/process.ts';
import type { TokenVerifier } from '../../tokens/verifier.ts';
import { edgeLimits } from './limits.ts';

export interface EdgeStateOptions {
  /** Id of the isolate: never that of another. */
  readonly id: string;
  readonly controlUrls: readonly string[];
  readonly fleetSecret: string;
  readonly fetch: Fetch;
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export class EdgeState {
  /** Caches of the newest known registry. */
  readonly directory = new CacheDirectory();
  readonly #options: EdgeStateOptions;
  #state = emptyFleetState();
  /** The control plane that is asked first, then the others. */
  #controlUrls: readonly string[];
  /** When the newest answered poll was sent (monotonic ms): the state is at most as old as that. */
  #asOfMs: number | undefined;
  #failedMs: number | undefined;
  /** When the next request may renew the copy in the background. */
  #renewalDueMs = 0;

  constructor(options: EdgeStateOptions) {
    if (options.controlUrls.length === 0) throw new RangeError('the fleet’s state needs the URL of a control plane');
    this.#options = options;
    this.#controlUrls = options.controlUrls;
  }

  /** Whether the control plane has answered once. */
  get known(): boolean {
    return this.#asOfMs !== undefined;
  }

  current(): FleetState {
    return this.#state;
  }

  /** A source for one request, from the copy as it is; what the request learns is kept. Not to be started. */
  source(): StateWatcher {
    const { id, controlUrls: _, ...link } = this.#options;
    const source = new StateWatcher({ ...link, id, urls: this.#controlUrls, role: 'gateway', initial: this.#state });
    source.onChange((state) => this.#keep(state));
    return source;
  }

  /**
   * Renews the copy as its age demands; `background` keeps the runtime from dropping what goes on after the
   * request. Resolves whether or not the control plane answered.
   */
  async renew(background: (work: Promise<void>) => void): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#asOfMs === undefined) return this.#poll(edgeLimits.firstStateTimeoutMs);
    const ageMs = nowMs - this.#asOfMs;
    if (ageMs < edgeLimits.stateRefreshMs) return;
    const silent = this.#failedMs !== undefined && nowMs - this.#failedMs < edgeLimits.silentMs;
    if (ageMs >= edgeLimits.stateAgeMsMax && !silent) return this.#poll(edgeLimits.statePollTimeoutMs);
    if (nowMs >= this.#renewalDueMs) background(this.#poll(edgeLimits.statePollTimeoutMs));
  }

  async #poll(timeoutMs: number): Promise<void> {
    const { clock, log } = this.#options;
    const startMs = clock.monotonicMs();
    this.#renewalDueMs = startMs + edgeLimits.stateRefreshMs;
    const source = this.source();
    try {
      this.#keep(await source.refresh(timeoutMs));
      if (this.#asOfMs === undefined || this.#asOfMs < startMs) this.#asOfMs = startMs;
      this.#failedMs = undefined;
    } catch (error) {
      if (this.#failedMs === undefined)
        log.warn({ err: error }, 'control plane does not answer; going on with the last state');
      this.#failedMs = clock.monotonicMs();
      const [first, ...others] = this.#controlUrls;
      this.#controlUrls = [...others, first!];
    } finally {
      await source.stop();
    }
  }

  /** Requests learn at the same time from different copies, so each section is taken only if it is newer. */
  #keep(state: FleetState): void {
    const held = this.#state;
    this.#state = mergedState(held, state);
    this.directory.apply(this.#state.registry);
    if (this.#state.tokens !== held.tokens) this.#options.verifier.update(this.#state.tokens);
  }
}
