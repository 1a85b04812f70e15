import { residentBytes } from '../memory/subject.ts';
import { publishPlan, readPlan, runRequests, TopicsClient } from './client.ts';
import { topicsLimits } from './limits.ts';
import type { Opened, RequestFigures, SubscriberFigures } from './plans.ts';
import type { Subject, SubjectId } from './subject.ts';

/** Requests beside other work are told to stop; this long, in ms, they would go on by themselves. */
const whileOtherWorkMs = 2 * topicsLimits.stormTimeoutMs;

/** How many subscribers the parts with many have. */
export interface ManyPlan {
  readonly idle: number;
  readonly most: number;
  readonly storm: number;
  readonly topics: number;
  /** Wait before memory is read, in ms. */
  readonly settleMs: number;
  /** Length of the GETs before the storm that those during it are compared with, in ms. */
  readonly getsBeforeMs: number;
  /** Whether ids resume, so that there can be a storm. */
  readonly resumes: boolean;
}

export interface IdleResult {
  readonly subject: SubjectId;
  readonly subscribers: number;
  readonly connect_seconds: number;
  /** Resident bytes of the gateway for each, idle; and once each topic has had messages. Null where unreadable. */
  readonly bytes_each: number | null;
  readonly bytes_each_after_traffic: number | null;
  /** Of how many asked for, and how many got a message then. */
  readonly most: { readonly asked: number; readonly connected: number; readonly seconds: number };
  readonly figures: SubscriberFigures;
}

export interface StormResult {
  readonly subject: SubjectId;
  readonly subscribers: number;
  readonly back: number;
  readonly seconds: number;
  readonly published: number;
  readonly figures: SubscriberFigures;
  /** p99 of a GET before and during it, in ms; null where there are no items. */
  readonly get_p99_before_ms: number | null;
  readonly get_p99_during_ms: number | null;
  readonly get_errors: Readonly<Record<string, number>>;
}

/** A new subject with many idle subscribers, then with more, then with a storm of reconnects. */
export async function many(
  stack: AsyncDisposableStack,
  start: (stack: AsyncDisposableStack) => Promise<Subject>,
  plan: ManyPlan,
): Promise<{ readonly idle: IdleResult; readonly storm: StormResult | null }> {
  await using own = stack.use(new AsyncDisposableStack());
  const subject = await start(own);
  const client = await TopicsClient.start(own, Math.max(plan.idle, plan.most));
  const run = new Many(subject, client, plan);
  const idle = await run.idle();
  return { idle, storm: plan.resumes ? await run.storm() : null };
}

class Many {
  readonly #subject: Subject;
  readonly #client: TopicsClient;
  readonly #plan: ManyPlan;
  readonly #topics: readonly string[];
  /** One lane for each topic. */
  #published: readonly number[];

  constructor(subject: Subject, client: TopicsClient, plan: ManyPlan) {
    this.#subject = subject;
    this.#client = client;
    this.#plan = plan;
    this.#topics = Array.from({ length: plan.topics }, (_, index) => `many-${index}`);
    this.#published = this.#topics.map(() => 0);
  }

  async idle(): Promise<IdleResult> {
    const { idle, most } = this.#plan;
    // what the first subscribers cost once and for all is not counted
    await this.#open(Math.ceil(idle / 50));
    await this.#publishToEach();
    await this.#client.close();
    const before = await this.#resident();

    const opened = await this.#open(idle);
    const connected = await this.#resident();
    await this.#publishToEach();
    const afterTraffic = await this.#resident();
    const more = await this.#open(most - idle);
    const figures = await this.#publishToEach();
    await this.#client.close();
    const each = (bytes: number | null) => (before === null || bytes === null ? null : (bytes - before) / idle);
    return {
      subject: this.#subject.id,
      subscribers: opened.connected,
      connect_seconds: opened.seconds,
      bytes_each: each(connected),
      bytes_each_after_traffic: each(afterTraffic),
      most: { asked: most, connected: opened.connected + more.connected, seconds: opened.seconds + more.seconds },
      figures,
    };
  }

  async storm(): Promise<StormResult> {
    const { storm } = this.#plan;
    await this.#open(storm);
    // everyone has an id to come back with
    await this.#publishToEach();
    const before = await this.#reading(() => pause(this.#plan.getsBeforeMs));
    const earlier = sum(this.#published);
    const during = await this.#reading(() => this.#publishing(() => this.#client.storm()));
    const figures = await this.#client.settle(this.#published);
    await this.#client.close();
    return {
      subject: this.#subject.id,
      subscribers: storm,
      ...during.result,
      published: sum(this.#published) - earlier,
      figures,
      get_p99_before_ms: before.gets?.latency.p99 ?? null,
      get_p99_during_ms: during.gets?.latency.p99 ?? null,
      get_errors: { ...before.gets?.errors, ...during.gets?.errors },
    };
  }

  #open(subscribers: number): Promise<Opened> {
    const [topics, published] = [this.#topics, this.#published];
    return this.#client.open(this.#subject, { subscribers, topics, published, latency: false });
  }

  /** One message to each topic; what all saw so far. */
  async #publishToEach(): Promise<SubscriberFigures> {
    const perSecond = topicsLimits.pacedMessagesPerSecond;
    await this.#publish(perSecond, ((this.#topics.length - 0.5) / perSecond) * 1_000);
    return this.#client.settle(this.#published);
  }

  async #publish(perSecond: number, durationMs: number): Promise<void> {
    const [topics, published, connections] = [this.#topics, this.#published, topicsLimits.pacedConnections];
    const plan = publishPlan(this.#subject, { topics, published, connections, batch: 1, perSecond, durationMs });
    const figures = await runRequests(this.#client.publisher, plan);
    for (const [kind, count] of Object.entries(figures.errors))
      throw new Error(`${this.#subject.title} did not publish: ${kind}, ${count} times`);
    this.#published = figures.published;
  }

  /** Publishes slowly beside something. */
  async #publishing<T>(work: () => Promise<T>): Promise<T> {
    const published = this.#publish(topicsLimits.stormMessagesPerSecond, whileOtherWorkMs);
    const result = await work();
    await this.#client.publisher.call({ type: 'stop' });
    await published;
    return result;
  }

  /** Reads an item over and over beside something, where there are items. */
  async #reading<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly gets: RequestFigures | null }> {
    const { items } = this.#subject;
    if (items === undefined) return { result: await work(), gets: null };
    const { reader } = this.#client;
    for (let index = 0; index < topicsLimits.getConnections; index++) await this.#store(items.put(index));
    const reading = runRequests(reader, readPlan(items, this.#subject, whileOtherWorkMs));
    const result = await work();
    await reader.call({ type: 'stop' });
    return { result, gets: await reading };
  }

  async #store(put: Buffer): Promise<void> {
    const { reader } = this.#client;
    const lanes = [{ bytes: put.toString('base64'), textsAt: [] }];
    const once = { connections: 1, lanes, published: [0], statuses: [204], bodyHolds: null };
    const plan = { origin: this.#subject.origin, ...once, perSecond: 1, durationMs: 1 };
    const { errors } = await runRequests(reader, plan);
    if (Object.keys(errors).length > 0) throw new Error(`no item was stored: ${JSON.stringify(errors)}`);
  }

  /** Resident bytes of the gateway, once heartbeats and collections had their time. */
  async #resident(): Promise<number | null> {
    await pause(this.#plan.settleMs);
    return residentBytes(this.#subject.gatewayPid) ?? null;
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
