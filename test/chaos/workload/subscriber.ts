import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { parseEventId } from '../../../src/topics-sse/event-id.ts';
import { EventParser, type ParsedEvent } from '../../topics-sse/model/event-parser.ts';
import { chaosLimits } from '../limits.ts';
import type { TopicLog } from './topic-log.ts';
import { TopicReader } from './topic-log.ts';

export interface SubscriberParts {
  readonly name: string;
  readonly urls: readonly string[];
  readonly authorization: string;
  readonly cache: string;
  /** Index of the gateway that it begins with. */
  readonly gateway: number;
}

/** A client that follows one topic for as long as it is told to, and comes back with the last id whatever happens. */
export class Subscriber {
  readonly reader: TopicReader;
  readonly #parts: SubscriberParts;
  readonly #topic: string;
  readonly #log: TopicLog;
  readonly #agent = new Agent({ connections: 1, bodyTimeout: chaosLimits.streamSilenceMs, headersTimeout: 6_000 });
  #gateway: number;

  constructor(parts: SubscriberParts, log: TopicLog) {
    this.#parts = parts;
    this.#log = log;
    this.#topic = log.topic;
    this.#gateway = parts.gateway;
    this.reader = new TopicReader(parts.name, log);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#connection(signal).catch(() => {});
      this.#gateway++;
      await pause(chaosLimits.reconnectMs, undefined, { signal }).catch(() => {});
    }
    await this.#agent.destroy();
  }

  /** One connection until it ends; one on which nothing comes, not even a heartbeat, is given up. */
  async #connection(signal: AbortSignal): Promise<void> {
    const { urls, authorization, cache } = this.#parts;
    const { lastId } = this.reader;
    const query = `heartbeat_seconds=${chaosLimits.heartbeatSeconds}&checkpoints=true`;
    const { statusCode, body } = await request(
      `${urls[this.#gateway % urls.length]}/topics/${cache}/${this.#topic}?${query}`,
      {
        headers: {
          authorization,
          accept: 'text/event-stream',
          ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
        },
        dispatcher: this.#agent,
        signal,
      },
    );
    if (statusCode !== 200) {
      const text = await body.text();
      if (statusCode !== 503)
        this.#log.violation(`${this.#parts.name} was answered ${statusCode} ${text.slice(0, 200)}`);
      return;
    }
    this.reader.connections++;
    let over = false;
    const parser = new EventParser((event) => {
      over ||= this.#take(event);
    });
    for await (const chunk of body as AsyncIterable<Buffer>) {
      parser.push(chunk);
      if (over) return;
    }
  }

  /** Whether the stream is over. */
  #take({ event, id, data }: ParsedEvent): boolean {
    if (id !== undefined) this.reader.lastId = id;
    if (event === 'goaway') return true;
    const position = id === undefined ? undefined : parseEventId(id);
    if (position === undefined) this.#log.violation(`an event ${event} has the id ${id}`);
    else if (event === 'message') this.reader.message(position, data);
    else if (event === 'checkpoint') this.reader.checkpoint(position);
    else if (event === 'discontinuity') this.reader.discontinuity(position);
    else this.#log.violation(`a stream has an event ${event}: ${data}`);
    return false;
  }
}
