import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/shared/clock.ts';
import { until } from '../fleet/fleet-process.ts';
import { type SlotReset, slotOfKey } from '../fleet/view-watch.ts';
import { chaosLimits } from '../limits.ts';
import { Publisher } from './publisher.ts';
import { Subscriber } from './subscriber.ts';
import type { Tally } from './tally.ts';
import { TopicLog } from './topic-log.ts';

export interface TopicLoadParts {
  readonly urls: readonly string[];
  readonly authorization: string;
  readonly cache: string;
  readonly seed: number;
  readonly tally: Tally;
  readonly resets: readonly SlotReset[];
}

/** Publishers and subscribers of a few topics, over the whole run. */
export class TopicLoad {
  readonly #parts: TopicLoadParts;
  readonly #logs: readonly TopicLog[];
  readonly #subscribers: readonly Subscriber[];
  readonly #publishers: readonly Publisher[];
  readonly #publishing = new AbortController();
  readonly #following = new AbortController();
  readonly #running: Promise<void>[] = [];
  #startMs = 0;
  readonly violations: string[] = [];

  constructor(parts: TopicLoadParts) {
    this.#parts = parts;
    const { seed } = parts;
    const some = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, i) => make(i));
    this.#logs = some(chaosLimits.topics, (index) => new TopicLog(`topic-${seed}-${index}`));
    this.#subscribers = this.#logs.flatMap((log) =>
      some(
        chaosLimits.subscribers,
        (index) => new Subscriber({ ...parts, name: `subscriber-${index}`, gateway: index }, log),
      ),
    );
    this.#publishers = some(
      chaosLimits.publishers,
      (index) => new Publisher({ ...parts, name: `publisher-${index}`, seed: seed * 100 + index }),
    );
  }

  get published(): number {
    return this.#logs.reduce((sum, { published }) => sum + published.size, 0);
  }

  get delivered(): number {
    return this.#subscribers.reduce((sum, { reader }) => sum + reader.messages, 0);
  }

  get resumed(): number {
    return this.#subscribers.reduce((sum, { reader }) => sum + Math.max(0, reader.connections - 1), 0);
  }

  get discontinuities(): number {
    return this.#subscribers.reduce((sum, { reader }) => sum + reader.breaks, 0);
  }

  /** Resolves when every subscriber knows where it is, so that all that is published from now on must reach it. */
  async start(): Promise<void> {
    for (const subscriber of this.#subscribers) this.#running.push(subscriber.run(this.#following.signal));
    const begun = () => this.#subscribers.every(({ reader }) => reader.hasBegun);
    if (!(await until(begun, chaosLimits.readyMs))) throw new Error('subscribers did not begin');
    this.#startMs = systemClock.monotonicMs();
    for (const publisher of this.#publishers)
      this.#running.push(publisher.run(() => this.#logs, this.#publishing.signal));
  }

  /** Ends publishing, waits until every subscriber has a last message, and checks all. */
  async finish(): Promise<void> {
    this.#publishing.abort();
    const deadlineMs = systemClock.monotonicMs() + chaosLimits.settleMs;
    const last = new Publisher({ ...this.#parts, name: 'last-publisher', seed: this.#parts.seed });
    for (const log of this.#logs) {
      const text = await last.publishSurely(log, deadlineMs);
      if (text === undefined) {
        this.violations.push(`no publish to ${log.topic} succeeded after the last fault`);
        continue;
      }
      const leftMs = Math.max(0, deadlineMs - systemClock.monotonicMs());
      await until(() => log.readers.every((reader) => reader.has(text)), leftMs);
    }
    await last.close();
    // what comes late shows now
    await pause(chaosLimits.reconnectMs);
    this.#following.abort();
    await Promise.all(this.#running);
    for (const log of this.#logs) this.violations.push(...this.#check(log));
  }

  #check(log: TopicLog): string[] {
    const violations = [...log.violations];
    const slot = slotOfKey(this.#parts.cache, log.topic);
    const wasLost = this.#parts.resets.some((reset) => reset.slot === slot);
    if (!wasLost && log.pages.size > 1)
      violations.push(`${log.topic} has ${log.pages.size} pages, and no loss was announced`);
    for (const reader of log.readers) {
      if (!wasLost && reader.breaks > 0)
        violations.push(
          `${reader.name} was told of ${reader.breaks} discontinuities of ${log.topic} although nothing was lost`,
        );
      const missing = reader.breaks > 0 ? [] : reader.missing(this.#startMs);
      if (missing.length > 0)
        violations.push(
          `${reader.name} did not see ${missing.length} acknowledged messages of ${log.topic}, as ${missing[0]!.text}, and was told of no gap`,
        );
    }
    return violations;
  }
}
