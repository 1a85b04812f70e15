import { CacheDirectory } from '../../../src/routing/cache-directory.ts';
import type { FleetState, FleetStateSource } from '../../../src/shared/fleet-state.ts';
import type { CacheHandle } from '../../../src/shared/operation.ts';
import { StreamKeeper } from '../../../src/topics-sse/stream-keeper.ts';
import { TopicHub } from '../../../src/topics-sse/topic-hub.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { account } from '../../support/fleet-state.ts';
import { type LinkNetwork, SimTransport } from './sim-link.ts';
import type { ProcessTime } from './virtual-time.ts';

interface SimGatewayParts {
  readonly name: string;
  readonly network: LinkNetwork;
  readonly time: ProcessTime;
  readonly state: FleetState;
  /** Fetches the newest state, which comes later, by `apply`. */
  readonly onRefresh: () => void;
}

/** A gateway as far as topics go: the real hub and keeper of streams, on simulated links. */
export class SimGateway implements FleetStateSource {
  readonly name: string;
  readonly time: ProcessTime;
  readonly transport: SimTransport;
  readonly keeper: StreamKeeper;
  readonly hub: TopicHub;
  /** Called when the gateway dies or is drained: the readers that it has. */
  readonly onKill = new Set<() => void>();
  readonly onDrain = new Set<() => void>();
  readonly #directory = new CacheDirectory();
  readonly #listeners = new Set<(state: FleetState) => void>();
  readonly #onRefresh: () => void;
  #state: FleetState;

  constructor({ name, network, time, state, onRefresh }: SimGatewayParts) {
    this.name = name;
    this.time = time;
    this.#state = state;
    this.#onRefresh = onRefresh;
    this.#directory.apply(state.registry);
    this.transport = new SimTransport(network, time, name);
    const choices = new Choices(network.seedOf(name, ''));
    const timing = { clock: time, random: () => choices.next(), delay: time.delay };
    this.keeper = new StreamKeeper(timing);
    this.hub = new TopicHub({ ...timing, source: this, transport: this.transport, defer: time.defer });
  }

  get alive(): boolean {
    return this.time.alive;
  }

  cache(name: string): CacheHandle | undefined {
    return this.#directory.find(account, name);
  }

  current(): FleetState {
    return this.#state;
  }

  onChange(listener: (state: FleetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  refresh(): Promise<FleetState> {
    this.#onRefresh();
    return Promise.resolve(this.#state);
  }

  apply(state: FleetState): void {
    if (!this.alive || state.revision <= this.#state.revision) return;
    this.#state = state;
    this.#directory.apply(state.registry);
    for (const listener of this.#listeners) listener(state);
  }

  /** The process dies: its links and streams break. */
  kill(): void {
    this.time.kill();
    for (const link of this.transport.links(null)) link.close();
    for (const callback of [...this.onKill]) callback();
  }

  /** The process ends in good order. */
  drain(): void {
    for (const callback of [...this.onDrain]) callback();
    this.hub.close();
    this.kill();
  }
}
