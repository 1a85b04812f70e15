import { startOf } from '../../../src/api/routes/topics/stream-parameters.ts';
import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import { formatEventId, parseEventId } from '../../../src/topics-sse/event-id.ts';
import { PrefixFollower, type Resumed } from '../../../src/topics-sse/prefix-follower.ts';
import { topicHash as hashOf, SeveralPositions } from '../../../src/topics-sse/several-positions.ts';
import type { Start } from '../../../src/topics-sse/start.ts';
import { TopicStream } from '../../../src/topics-sse/topic-stream.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { EventParser, type ParsedEvent } from './event-parser.ts';
import { fail } from './published.ts';
import type { SimFleet } from './sim-fleet.ts';
import type { SimGateway } from './sim-gateway.ts';
import { SimOutlet } from './sim-outlet.ts';
import { type Elsewhere, type Memory, SimReader } from './sim-reader.ts';
import type { ReaderShape } from './step.ts';
import type { Opening } from './topic-track.ts';
import { cacheName, topicNames } from './world.ts';

/** In a calm world, whoever reads fast has each message after so many times the links' latency, and this. */
const promptLatencies = 60;
const promptMs = 1_000;

type Told = (topic: string) => TopicPosition | undefined;

interface MessageEvent extends ParsedEvent {
  /** The envelope; null in the plain format. */
  // biome-ignore lint/suspicious/noExplicitAny: it is parsed JSON
  readonly body: any;
}

const hashes = new Map(topicNames.map((topic) => [topic, hashOf(topic)]));
const topicHash = (topic: string): string => hashes.get(topic)!;

/** A reader of Server-Sent Events: of one topic, of several, or of a prefix. */
export class SimStream extends SimReader {
  #topics: readonly string[];
  #outlet: SimOutlet | null = null;
  #over: () => void = () => {};

  constructor(fleet: SimFleet, number: number, shape: ReaderShape) {
    super(fleet, number, shape);
    this.#topics =
      shape.kind === 'prefix'
        ? fleet.topics.filter((topic) => topic.startsWith(shape.prefix))
        : shape.topics.map((topic) => topicNames[topic]!);
  }

  /** What it follows. */
  get topics(): readonly string[] {
    return this.#topics;
  }

  retopic(topics: readonly string[]): void {
    if (this.shape.kind !== 'several') return;
    this.#topics = topics;
    this.cut(0, 0, 'resume');
  }

  override stall(untilMs: number): void {
    super.stall(untilMs);
    this.#outlet?.stall(untilMs);
  }

  heal(): void {
    this.#outlet?.heal();
  }

  protected disconnect(): void {
    this.connections++;
    this.#over();
    this.#outlet?.cut();
    this.#outlet = null;
  }

  protected opened(memory: Memory | Elsewhere): void {
    for (const topic of this.#topics) {
      const track = this.track(topic);
      if (memory === 'garbage') track.place = null;
      track.open(this.#openingOf(topic, memory));
    }
  }

  protected connect(gateway: SimGateway, memory: Memory | Elsewhere): boolean {
    const { keeper, hub, time } = gateway;
    const cache = gateway.cache(cacheName)!;
    if (!keeper.admits()) return false;
    const { kind, format, checkpoints, prefix } = this.shape;
    const single = kind === 'stream';
    const resumed = resumedFrom(memory);
    const positions = single ? null : new SeveralPositions();
    if (kind === 'prefix' && resumed instanceof SeveralPositions) positions!.adopt(resumed);
    const token = { expiresAtMs: Infinity, revoked: false };
    const heartbeatMs = 1_000 + this.random.below(20_000);
    const outlet = this.#newOutlet(gateway);
    const options = { format, checkpoints, heartbeatMs, token, positions };
    const stream = new TopicStream(keeper, outlet, options, time.monotonicMs());
    const drain = (): void => stream.goAway('drain');
    gateway.onDrain.add(drain);
    const over = this.#over;
    this.#over = () => {
      gateway.onDrain.delete(drain);
      over();
    };
    if (kind === 'prefix') {
      PrefixFollower.begin(hub, stream, { cache, prefix, start: this.freshStart, resumed });
      return true;
    }
    for (const topic of this.#topics) {
      const start = single ? this.#singleStart(memory) : severalStart(topic, resumed, this.freshStart);
      stream.follow(hub.channel(cache, topic)!, start);
    }
    stream.complete();
    return true;
  }

  #newOutlet(gateway: SimGateway): SimOutlet {
    const { time, healed } = this.fleet;
    let retryMs = this.fleet.world.retryMsMax;
    const connection = this.connections;
    const parser = new EventParser((event) => {
      if (connection === this.connections) this.#onEvent(event);
    });
    const random = new Choices(this.fleet.seedOf(this.name, gateway.name));
    const outlet: SimOutlet = new SimOutlet(time, random, this.shape, {
      onBytes: (chunk) => {
        parser.push(chunk);
        retryMs = Math.min(retryMs, parser.retryMs ?? retryMs);
      },
      onOver: () => {
        if (connection !== this.connections) return;
        this.#over();
        this.#outlet = null;
        this.connectAfter(retryMs);
      },
    });
    if (healed) outlet.heal();
    this.#outlet = outlet;
    const killed = (): void => {
      outlet.break();
    };
    gateway.onKill.add(killed);
    this.#over = () => gateway.onKill.delete(killed);
    return outlet;
  }

  #singleStart(memory: Memory | Elsewhere): Start {
    if (memory === 'fresh') return this.freshStart;
    if (memory === 'garbage') return startOf({ 'Last-Event-ID': 'what?' });
    return startOf(this.random.chance(0.5) ? { 'Last-Event-ID': memory.id } : { last_event_id: memory.id });
  }

  #openingOf(topic: string, memory: Memory | Elsewhere): Opening {
    const { kind, start } = this.shape;
    if (memory === 'fresh')
      return kind === 'prefix' && start !== 'earliest' ? { kind: 'since', stream: this.stream } : this.freshOpening;
    // Topics of a prefix that come into being are followed from their first message, whatever the id.
    if (memory === 'garbage') return { kind: kind === 'prefix' ? 'missed' : 'unknown' };
    if (kind === 'stream') return { kind: 'resume' };
    const positions = SeveralPositions.parse(memory.id);
    if (positions === undefined) return fail(`${this.name} was given the id ${memory.id}`);
    const position = positions.ofHash(topicHash(topic));
    // Page 0 is nowhere: a gap of which the stream had not told yet.
    if (position !== undefined) return { kind: position.page === 0 ? 'unknown' : 'resume' };
    if (kind === 'prefix' && !positions.partial) return { kind: 'since', stream: this.stream };
    return { kind: 'missed' };
  }

  #onEvent({ event, id, data }: ParsedEvent): void {
    const several = this.shape.kind !== 'stream';
    const body = event === 'binary' || (event === 'message' && this.shape.format === 'plain') ? null : JSON.parse(data);
    if (event === 'end') return this.#onEnd(body.reason);
    if (id === undefined) {
      if (event !== 'goaway') fail(`${this.name} got ${event} without an id`);
      return;
    }
    const told = this.#positionsIn(id);
    if (event === 'goaway') {
      this.#checkId(id, told);
      return this.remember(id);
    }
    const topic: string = several ? body?.topic : this.#topics[0]!;
    if (several && event === 'checkpoint') this.#syncPlaces(told);
    else if (event === 'checkpoint')
      this.track(topic).onPosition({ page: body.sequence_page, sequence: body.sequence_number });
    else if (event === 'discontinuity')
      this.track(topic).onGap({
        last: body.last_topic_sequence,
        next: body.new_topic_sequence,
        page: body.new_sequence_page,
      });
    else this.#onMessage(topic ?? this.#lastMoved(id), told, { id, body, data, event });
    if (several) this.#syncPlaces(told);
    this.#checkId(id, told);
    if (this.stream.seenMs === Infinity) this.stream.seenMs = this.fleet.nowMs;
    this.remember(id);
  }

  /** The topic of an event that does not name it: its position is the last in the id. */
  #lastMoved(id: string): string {
    const hash = id.slice(id.lastIndexOf('.') + 1).split('-')[0];
    return this.#topics.find((topic) => topicHash(topic) === hash) ?? fail(`${this.name} got the id ${id}`);
  }

  #onMessage(topic: string, told: Told, { id, body, data, event }: MessageEvent): void {
    const position = told(topic);
    if (position === undefined) return fail(`${this.name} got a message of ${topic} with the id ${id}`);
    if (body !== null && (body.sequence_number !== position.sequence || body.sequence_page !== position.page))
      fail(`${this.name} got a message with the id ${id}: ${data}`);
    const base64: string | undefined = body === null ? (event === 'binary' ? data : undefined) : body.base64;
    const value = base64 === undefined ? (body === null ? data : body.text) : Uint8Array.fromBase64(base64);
    this.track(topic).onMessage({ ...position, value });
    this.#checkPromptness(topic, position);
  }

  #checkPromptness(topic: string, position: TopicPosition): void {
    const { world, published, nowMs } = this.fleet;
    if (world.profile !== 'calm' || this.shape.latencyMs >= 1) return;
    const { atMs } = published.find(topic, position)!;
    const allowedMs = promptMs + promptLatencies * world.linkLatencyMs;
    if (this.stream.seenMs < atMs && nowMs - Math.max(atMs, this.awayUntilMs) > allowedMs)
      fail(`${this.name} got ${formatEventId(position)} of ${topic} only after ${nowMs - atMs} ms`);
  }

  /** Where an id is in each topic. */
  #positionsIn(id: string): Told {
    if (this.shape.kind === 'stream') {
      const position = parseEventId(id);
      return () => position;
    }
    const positions = SeveralPositions.parse(id);
    if (positions === undefined) return fail(`${this.name} got the id ${id}`);
    return (topic) => positions.ofHash(topicHash(topic));
  }

  /** The ids of streams of several topics tell where they are in topics of which nothing else was told. */
  #syncPlaces(told: Told): void {
    for (const topic of this.#topics) {
      const position = told(topic);
      const track = this.track(topic);
      if (position !== undefined && position.page > 0 && track.awaitsPosition) track.onPosition(position);
    }
  }

  /** No id tells more than the stream has. */
  #checkId(id: string, told: Told): void {
    for (const topic of this.#topics) {
      const position = told(topic);
      const { place } = this.track(topic);
      if (position === undefined || place === null || position.page < place.page) continue;
      if (position.page > place.page || position.sequence > place.sequence)
        fail(`${this.name} got the id ${id}, and is at ${formatEventId(place)} in ${topic}`);
    }
  }

  #onEnd(reason: string): void {
    if (this.fleet.world.profile !== 'recreated') fail(`${this.name} was ended: ${reason}`);
    if (this.random.chance(0.5)) this.startOver();
  }
}

function resumedFrom(memory: Memory | Elsewhere): Resumed {
  if (memory === 'fresh') return null;
  return memory === 'garbage' ? 'unknown' : (SeveralPositions.parse(memory.id) ?? 'unknown');
}

/** As the route of streams of several topics has it. */
function severalStart(topic: string, resumed: Resumed, start: Start): Start {
  if (resumed === null) return start;
  if (resumed === 'unknown') return { kind: 'unknown' };
  const position = resumed.ofHash(topicHash(topic));
  return position === undefined ? { kind: 'latest', missed: true } : { kind: 'after', ...position };
}
