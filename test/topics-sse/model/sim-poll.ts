import { startOf } from '../../../src/api/routes/topics/stream-parameters.ts';
import { formatEventId, parseEventId } from '../../../src/topics-sse/event-id.ts';
import { LongPoll, type PollAnswer, type PollOptions } from '../../../src/topics-sse/long-poll.ts';
import type { Start } from '../../../src/topics-sse/start.ts';
import type { StreamKeeper } from '../../../src/topics-sse/stream-keeper.ts';
import type { TopicChannel } from '../../../src/topics-sse/topic-channel.ts';
import { fail } from './published.ts';
import type { SimGateway } from './sim-gateway.ts';
import { type Elsewhere, type Memory, SimReader } from './sim-reader.ts';
import { cacheName, topicNames } from './world.ts';

/** `LongPoll.run` without its promise, which would wait for the process's event loop. */
const Poll = LongPoll as unknown as new (
  keeper: StreamKeeper,
  channel: TopicChannel,
  options: PollOptions,
  nowMs: number,
  resolve: (answer: PollAnswer) => void,
  reject: (error: Error) => void,
) => LongPoll;

/** Longest pause after a poll that found nothing and did not wait, in ms. */
const pauseMs = 2_000;

/** A reader that polls, each time from the position that the last answer told. */
export class SimPoll extends SimReader {
  #abort: () => void = () => {};
  #stalledUntilMs = 0;

  get topics(): readonly string[] {
    return [this.#topic];
  }

  get #topic(): string {
    return topicNames[this.shape.topics[0]!]!;
  }

  override get isThere(): boolean {
    return this.memories.length > 0;
  }

  override stall(untilMs: number): void {
    this.#stalledUntilMs = untilMs;
  }

  heal(): void {
    this.#stalledUntilMs = 0;
  }

  protected disconnect(): void {
    this.connections++;
    this.#abort();
    this.#abort = () => {};
  }

  protected opened(memory: Memory | Elsewhere): void {
    const track = this.track(this.#topic);
    if (memory === 'fresh') track.open(this.freshOpening);
    else track.open(memory === 'garbage' ? { kind: 'unknown' } : { kind: 'resume' });
  }

  protected connect(gateway: SimGateway, memory: Memory | Elsewhere): boolean {
    const { keeper, hub, time } = gateway;
    if (!keeper.admits()) return false;
    const connection = this.connections;
    const channel = hub.channel(gateway.cache(cacheName)!, this.#topic)!;
    const waitMs = this.fleet.healed ? Math.min(this.shape.waitMs, 2_000) : this.shape.waitMs;
    const options = { start: this.#start(memory), waitMs, token: { expiresAtMs: Infinity, revoked: false } };
    const arrive = (callback: () => void): void => {
      finished();
      const atMs = this.fleet.nowMs + this.random.next() * this.shape.latencyMs;
      this.fleet.time.at(Math.max(atMs, this.#stalledUntilMs), () => {
        if (connection === this.connections) callback();
      });
    };
    const answered = (answer: PollAnswer): void => arrive(() => this.#onAnswer(answer));
    const failed = ({ code }: Error & { code?: string }): void => arrive(() => this.#onError(code));
    const killed = (): void => arrive(() => this.connectAfter(100));
    const drained = (): void => poll.goAway();
    const finished = (): void => {
      gateway.onKill.delete(killed);
      gateway.onDrain.delete(drained);
    };
    gateway.onKill.add(killed);
    gateway.onDrain.add(drained);
    const poll: LongPoll = new Poll(keeper, channel, options, time.monotonicMs(), answered, failed);
    this.#abort = () => {
      if (gateway.alive) poll.cut();
    };
    return true;
  }

  #start(memory: Memory | Elsewhere): Start {
    if (memory === 'fresh') return this.freshStart;
    if (memory === 'garbage') return startOf({ 'Last-Event-ID': 'what?' });
    if (this.random.chance(0.2)) return startOf({ last_event_id: memory.id });
    const { page, sequence } = parseEventId(memory.id)!;
    return startOf({ sequence_number: sequence + 1, sequence_page: page });
  }

  #onAnswer({ items, position }: PollAnswer): void {
    const track = this.track(this.#topic);
    for (const item of items) {
      if ('next' in item) track.onGap(item);
      else track.onMessage({ page: item.page, sequence: item.sequence, value: item.bytes ?? item.text! });
    }
    track.onPosition(position);
    this.remember(formatEventId(position));
    const idle = items.length === 0 && this.shape.waitMs === 0;
    this.connectAfter(this.random.next() * (idle ? pauseMs : this.shape.latencyMs));
  }

  #onError(code: string | undefined): void {
    const { profile } = this.fleet.world;
    if (code === 'cache_not_found' && profile === 'recreated') {
      if (this.random.chance(0.5)) this.startOver();
    } else if (code !== 'storage_unavailable') fail(`${this.name} got ${code}`);
    this.connectAfter(50 + this.random.next() * 500);
  }
}
