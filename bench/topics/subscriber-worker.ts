/** A process of the client that holds subscribers. It shares no event loop with publishers or servers. */
import { serveCalls } from './client-process.ts';
import { nowMicros } from './common-clock.ts';
import type { EventShape } from './event-reader.ts';
import { topicsLimits } from './limits.ts';
import type { Back, Opened, OpenPlan, SubscriberCall, SubscriberFigures } from './plans.ts';
import { Subscriber, type SubscriberOwner } from './subscriber.ts';
import { Tally } from './tally.ts';

/** How often a state that is waited for is looked at, in ms. */
const pollMs = 20;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Longer than any read, so that the first event is parsed. */
const unknownShape = (): EventShape => ({
  length: Number.MAX_SAFE_INTEGER,
  firstByte: 0,
  textAt: 0,
  sequenceEnd: 0,
});

class Subscribers implements SubscriberOwner {
  tally = new Tally();
  shape = unknownShape();
  readonly #all: Subscriber[] = [];
  #open = 0;
  #connecting = 0;
  #lastOpenMicros = 0;
  #comesBack = false;

  opened(): void {
    this.#open++;
    this.#connecting--;
    this.#lastOpenMicros = nowMicros();
  }

  closed(subscriber: Subscriber, wasOpen: boolean): void {
    if (wasOpen) this.#open--;
    else this.#connecting--;
    if (!this.#comesBack) return;
    setTimeout(() => {
      if (this.#comesBack) this.#connect(subscriber);
    }, subscriber.reader.retryMs);
  }

  #connect(subscriber: Subscriber): void {
    this.#connecting++;
    subscriber.connect();
  }

  /** Opens more subscribers, a few at a time, and waits for their heads. A refused one is not tried again. */
  async open(plan: OpenPlan): Promise<Opened> {
    const startedMicros = nowMicros();
    const before = this.#open;
    const deadlineMicros = startedMicros + topicsLimits.connectTimeoutMs * 1e3;
    for (let i = 0; i < plan.subscribers; i++) {
      while (this.#connecting >= topicsLimits.connectingMax && nowMicros() < deadlineMicros) await pause(1);
      const index = this.#all.length;
      const subscriber = new Subscriber(this, plan, index, index % topicsLimits.checkedInFullEvery === 0);
      this.#all.push(subscriber);
      this.#connect(subscriber);
    }
    while (this.#connecting > 0 && nowMicros() < deadlineMicros) await pause(1);
    return { connected: this.#open - before, seconds: (nowMicros() - startedMicros) / 1e6 };
  }

  async settle(published: readonly number[]): Promise<SubscriberFigures> {
    const startedMicros = nowMicros();
    let seen = -1;
    let changedMicros = startedMicros;
    while (nowMicros() - startedMicros < topicsLimits.settleTimeoutMs * 1e3) {
      const { deliveries, skipped } = this.tally;
      if (deliveries + skipped !== seen) {
        seen = deliveries + skipped;
        changedMicros = nowMicros();
      }
      if (nowMicros() - changedMicros > topicsLimits.quietMs * 1e3) break;
      if (this.#all.every((subscriber) => !subscriber.isOpen || missingOf(subscriber, published) === 0)) break;
      await pause(pollMs);
    }
    return this.#figures(published);
  }

  /** Cuts every connection and opens it again, all in one turn of the event loop. */
  async storm(): Promise<Back> {
    const startedMicros = nowMicros();
    this.#comesBack = true;
    for (const subscriber of this.#all) subscriber.close();
    this.#open = 0;
    this.#connecting = 0;
    for (const subscriber of this.#all) this.#connect(subscriber);
    const isBack = () => this.#open === this.#all.length;
    while (nowMicros() - startedMicros < topicsLimits.stormTimeoutMs * 1e3) {
      if (isBack()) {
        // whoever was let in only to be sent away is not back
        await pause(topicsLimits.joinPauseMs);
        if (isBack()) break;
      }
      await pause(pollMs);
    }
    this.#comesBack = false;
    return { back: this.#open, seconds: (this.#lastOpenMicros - startedMicros) / 1e6 };
  }

  close(): void {
    for (const subscriber of this.#all.splice(0)) subscriber.close();
    this.#open = 0;
    this.#connecting = 0;
    this.tally = new Tally();
    this.shape = unknownShape();
  }

  #figures(published: readonly number[]): SubscriberFigures {
    const { tally } = this;
    const missing = this.#all.reduce((sum, one) => sum + (one.isOpen ? missingOf(one, published) : 0), 0);
    return {
      subscribers: this.#all.length,
      connected: this.#open,
      deliveries: tally.deliveries,
      checked_in_full: tally.checkedInFull,
      skipped: tally.skipped,
      discontinuities: tally.discontinuities,
      lost: tally.gaps + missing - tally.skipped,
      wrong: tally.wrong,
      ended: Object.fromEntries(tally.ended),
      latency: tally.latency.summary(),
      last_micros: tally.lastMicros,
    };
  }
}

/** Messages at the end of its topic's lanes that a subscriber does not have. */
function missingOf({ topic, reader, topics }: Subscriber, published: readonly number[]): number {
  let missing = 0;
  for (let lane = topic; lane < published.length; lane += topics) missing += published[lane]! - reader.numbers[lane]!;
  return missing;
}

const subscribers = new Subscribers();
serveCalls<SubscriberCall>((call) => {
  if (call.type === 'open') return subscribers.open(call.plan);
  if (call.type === 'settle') return subscribers.settle(call.published);
  if (call.type === 'storm') return subscribers.storm();
  if (call.type === 'close') return subscribers.close();
  return undefined;
});
