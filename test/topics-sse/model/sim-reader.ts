import { startOf } from '../../../src/api/routes/topics/stream-parameters.ts';
import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import type { Start } from '../../../src/topics-sse/start.ts';
import { Choices } from '../../api/fuzz/random.ts';
import type { SimFleet } from './sim-fleet.ts';
import type { SimGateway } from './sim-gateway.ts';
import type { ReaderShape, Return } from './step.ts';
import { type Opening, TopicTrack } from './topic-track.ts';
import { cacheName } from './world.ts';

/** What a reader may go back to: an id or position that it was given, and where it was in each topic then. */
export interface Memory {
  readonly id: string;
  readonly places: ReadonlyMap<string, TopicPosition | null>;
  readonly seenMs: number;
}

/** How a reader begins that goes back to nothing. */
export type Elsewhere = Exclude<Return, 'resume'>;

const memoriesMax = 12;

/** Whoever follows topics over and over again, for as long as it is wanted, and remembers what it was told. */
export abstract class SimReader {
  readonly name: string;
  readonly shape: ReaderShape;
  readonly tracks = new Map<string, TopicTrack>();
  protected readonly fleet: SimFleet;
  protected readonly random: Choices;
  protected memories: Memory[] = [];
  /** When the stream that it follows, over connections, was first seen to be there. */
  protected stream = { seenMs: Infinity };
  protected connections = 0;
  /** The connection in which it was last told something. */
  protected heard = 0;
  /** Until then it could be given nothing: it was away, or did not read. */
  protected awayUntilMs = 0;
  #wanted = true;
  #how: Return = 'fresh';
  #back = 0;
  #cancel: () => void = () => {};

  constructor(fleet: SimFleet, number: number, shape: ReaderShape) {
    this.name = `reader ${number} (${shape.kind})`;
    this.fleet = fleet;
    this.shape = shape;
    this.random = new Choices(fleet.seedOf(this.name, ''));
    this.connectAfter(0);
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** Whether it was told anything since it was last away. */
  get isThere(): boolean {
    return this.heard === this.connections;
  }

  /** Its connection breaks; it comes back after a while. */
  cut(back: number, downMs: number, how: Return): void {
    if (!this.#wanted) return;
    this.#back = back;
    this.#how = how;
    this.disconnect();
    this.connectAfter(downMs);
  }

  /** It comes back to a cache of another life. */
  startOver(): void {
    this.#how = 'fresh';
  }

  close(): void {
    this.#wanted = false;
    this.#cancel();
    this.disconnect();
  }

  /** It reads nothing until a time. */
  stall(untilMs: number): void {
    this.awayUntilMs = Math.max(this.awayUntilMs, untilMs);
  }

  abstract heal(): void;
  protected abstract disconnect(): void;
  /** Asks a gateway. False when that is not possible now. */
  protected abstract connect(gateway: SimGateway, memory: Memory | Elsewhere): boolean;

  protected connectAfter(ms: number): void {
    this.#cancel();
    this.#cancel = this.fleet.time.after(Math.min(ms, this.fleet.healed ? 1_000 : ms), () => this.#connect());
  }

  protected remember(id: string): void {
    this.heard = this.connections;
    const places = new Map([...this.tracks].map(([topic, track]) => [topic, track.place]));
    this.memories.push({ id, places, seenMs: this.stream.seenMs });
    if (this.memories.length > memoriesMax) this.memories.shift();
  }

  protected track(topic: string): TopicTrack {
    let track = this.tracks.get(topic);
    if (track === undefined) {
      track = new TopicTrack(this.name, topic, this.fleet);
      this.tracks.set(topic, track);
    }
    return track;
  }

  /** Goes back to where it was at a memory. */
  protected goBack({ places, seenMs }: Memory): void {
    for (const [topic, track] of this.tracks) track.goBack(places.get(topic) ?? null);
    this.stream = { seenMs };
  }

  /** What `start` means for a topic. */
  protected get freshOpening(): Opening {
    const { start } = this.shape;
    if (start === 'latest' || start === 'earliest') return { kind: start };
    return { kind: 'tail', count: Number(start.slice(1)) };
  }

  protected get freshStart(): Start {
    return startOf({ start: this.shape.start });
  }

  #connect(): void {
    const living = this.fleet.gateways.filter((gateway) => gateway !== null);
    if (living.length === 0) return this.connectAfter(100);
    const gateway = this.random.of(living);
    const how = this.#how;
    const memory: Memory | Elsewhere =
      how === 'resume' ? (this.memories.at(-1 - this.#back) ?? this.memories[0] ?? 'fresh') : how;
    // Whatever it is told from here on it goes back to next time.
    if (typeof memory === 'object') this.memories = this.memories.slice(0, this.memories.indexOf(memory) + 1);
    else this.memories = [];
    this.#back = 0;
    this.connections++;
    const connection = this.connections;
    if (typeof memory === 'object') this.goBack(memory);
    else this.stream = { seenMs: Infinity };
    this.opened(memory);
    const ms = this.random.next() * 5;
    this.fleet.time.after(ms, () => {
      if (connection !== this.connections || !this.#wanted) return;
      this.#how = 'resume';
      this.awayUntilMs = this.fleet.nowMs;
      const arrived = gateway.alive && gateway.cache(cacheName) !== undefined && this.connect(gateway, memory);
      if (arrived) return;
      this.#how = how === 'garbage' ? 'garbage' : 'resume';
      this.connectAfter(20 + this.random.next() * 200);
    });
  }

  /** It has asked: whatever is told from now on follows from that. */
  protected abstract opened(memory: Memory | Elsewhere): void;
}
