import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/shared/clock.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { chaosLimits } from '../limits.ts';
import { type Answer, Caller, troubleOf } from './caller.ts';
import type { Tally } from './tally.ts';
import type { Published, TopicLog } from './topic-log.ts';

export interface PublisherParts {
  readonly name: string;
  readonly urls: readonly string[];
  readonly authorization: string;
  readonly cache: string;
  readonly seed: number;
  readonly tally: Tally;
}

/** Publishes one message after another, half of them so that they may be sent again. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #choices: Choices;
  readonly #caller: Caller;
  #gateway: number;
  #count = 0;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#choices = new Choices(parts.seed);
    this.#caller = new Caller(parts.authorization);
    this.#gateway = parts.seed;
  }

  /** Until `signal` aborts, on a topic of those of the moment. */
  async run(logs: () => readonly TopicLog[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.publish(this.#choices.of(logs()), this.#choices.chance(0.5));
      await pause(chaosLimits.publishPauseMs);
    }
    await this.#caller.close();
  }

  /** One message whose publishing succeeds; undefined when it did not before the deadline. */
  async publishSurely(log: TopicLog, deadlineMs: number): Promise<string | undefined> {
    while (systemClock.monotonicMs() < deadlineMs) {
      const message = await this.publish(log, true);
      if (message.fate === 'done') return message.text;
      await pause(chaosLimits.pollMs);
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#caller.close();
  }

  async publish(log: TopicLog, marked: boolean): Promise<Published> {
    const { name, cache, urls, tally } = this.#parts;
    const text = `${name}-${++this.#count}`;
    const invokeMs = systemClock.monotonicMs();
    const message: Published = { text, invokeMs, fate: 'open' };
    log.published.set(text, message);
    let doubtful = false;
    let answer: Answer;
    for (let tries = 0; ; tries++) {
      if (this.#choices.chance(0.1)) this.#gateway++;
      answer = await this.#caller.call(urls[this.#gateway % urls.length]!, {
        method: 'POST',
        path: `/topics/${cache}/${log.topic}`,
        headers: { 'content-type': 'text/plain', ...(marked ? { 'idempotency-key': text } : {}) },
        body: text,
      });
      if (answer.kind !== 'answer') this.#gateway++;
      if (answer.kind === 'answer' && answer.status < 500) break;
      doubtful ||= answer.kind === 'lost' || (answer.kind === 'answer' && answer.status !== 503);
      if (!marked || tries >= chaosLimits.repetitionsMax) break;
      await pause(chaosLimits.reconnectMs);
    }
    if (answer.kind === 'answer' && answer.status === 204) {
      message.fate = 'done';
      const { headers } = answer;
      const page = Number(headers['godwit-sequence-page']);
      const sequence = Number(headers['godwit-sequence-number']);
      log.place({ page, sequence }, text);
    } else {
      if (answer.kind === 'answer' && answer.status < 500)
        tally.unexpect(`a publish was answered ${answer.status} ${answer.code}`);
      message.fate = doubtful ? 'unknown' : 'not_done';
      // it may have been seen before it was known to be refused
      if (message.fate === 'not_done') log.refused(message);
    }
    tally.count(message.fate, invokeMs, troubleOf(answer));
    return message;
  }
}
