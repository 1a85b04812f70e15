import type { LatencySummary } from '../../src/cli/replay/latency-histogram.ts';
import { ClientProcess } from './client-process.ts';
import { topicsLimits } from './limits.ts';
import { textOf } from './message.ts';
import type {
  Back,
  LaneRequest,
  Opened,
  OpenPlan,
  RequestCall,
  RequestFigures,
  RequestPlan,
  SubscriberCall,
  SubscriberFigures,
} from './plans.ts';
import type { Subject } from './subject.ts';

/** Where a topic's text begins, in a request that was made with `textOf(…, 0, 0)`. */
const textStart = /lane \d{3} number /g;

/** Subscribers to open, over all processes. */
export interface Following {
  readonly subscribers: number;
  readonly topics: readonly string[];
  /** Last number of each lane that was published before. */
  readonly published: readonly number[];
  readonly latency: boolean;
}

/** The bench's client: processes with subscribers, one that publishes and one that reads items. */
export class TopicsClient {
  readonly publisher: ClientProcess<RequestCall>;
  readonly reader: ClientProcess<RequestCall>;
  readonly #holders: readonly ClientProcess<SubscriberCall>[];

  private constructor(
    publisher: ClientProcess<RequestCall>,
    reader: ClientProcess<RequestCall>,
    holders: readonly ClientProcess<SubscriberCall>[],
  ) {
    this.publisher = publisher;
    this.reader = reader;
    this.#holders = holders;
  }

  /** `stack` ends its processes. @param subscribersMax as many processes as these need */
  static async start(stack: AsyncDisposableStack, subscribersMax: number): Promise<TopicsClient> {
    const requests = () => ClientProcess.start<RequestCall>(stack, './request-worker.ts');
    const holders = Array.from({ length: Math.ceil(subscribersMax / topicsLimits.subscribersPerProcess) }, () =>
      ClientProcess.start<SubscriberCall>(stack, './subscriber-worker.ts'),
    );
    return new TopicsClient(await requests(), await requests(), await Promise.all(holders));
  }

  /** Opens subscribers evenly in all processes, and waits until they follow. */
  async open(subject: Subject, { subscribers, topics, published, latency }: Following): Promise<Opened> {
    const opened = await Promise.all(
      this.#holders.map((holder, index) =>
        holder.call<Opened>({
          type: 'open',
          plan: {
            origin: subject.origin,
            // each address has ports of its own
            localAddress: `127.0.0.${2 + index}`,
            subscribers: share(subscribers, index, this.#holders.length),
            heads: topics.map((topic) => subject.subscribe(topic)),
            published,
            sequenced: subject.sequenced,
            latency,
          } satisfies OpenPlan,
        }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, topicsLimits.joinPauseMs));
    return {
      connected: opened.reduce((sum, { connected }) => sum + connected, 0),
      seconds: Math.max(...opened.map(({ seconds }) => seconds)),
    };
  }

  /** Waits for the last deliveries; what all subscribers saw since they began. */
  async settle(published: readonly number[]): Promise<SubscriberFigures> {
    return together(
      await Promise.all(this.#holders.map((holder) => holder.call<SubscriberFigures>({ type: 'settle', published }))),
    );
  }

  async storm(): Promise<Back> {
    const all = await Promise.all(this.#holders.map((holder) => holder.call<Back>({ type: 'storm' })));
    return {
      back: all.reduce((sum, { back }) => sum + back, 0),
      seconds: Math.max(...all.map(({ seconds }) => seconds)),
    };
  }

  /** Closes all subscribers; counts begin anew. */
  async close(): Promise<void> {
    await Promise.all(this.#holders.map((holder) => holder.call<null>({ type: 'close' })));
  }

  /** CPU time so far of those that hold subscribers and of the publisher, in s. */
  async cpu(): Promise<{ subscribers: number; publisher: number }> {
    const [publisher, ...holders] = await Promise.all([
      this.publisher.cpuSeconds(),
      ...this.#holders.map((holder) => holder.cpuSeconds()),
    ]);
    return { publisher, subscribers: holders.reduce((sum, seconds) => sum + seconds, 0) };
  }
}

function share(total: number, index: number, parts: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

/** Figures of several processes as those of one; latencies are known for one only. */
function together(all: readonly SubscriberFigures[]): SubscriberFigures {
  const sum = (value: (figures: SubscriberFigures) => number) => all.reduce((total, one) => total + value(one), 0);
  const ended: Record<string, number> = {};
  for (const one of all)
    for (const [kind, count] of Object.entries(one.ended)) ended[kind] = (ended[kind] ?? 0) + count;
  const unknown: LatencySummary = { count: 0, p50: 0, p99: 0, p999: 0, max: 0 };
  return {
    subscribers: sum(({ subscribers }) => subscribers),
    connected: sum(({ connected }) => connected),
    deliveries: sum(({ deliveries }) => deliveries),
    checked_in_full: sum(({ checked_in_full }) => checked_in_full),
    skipped: sum(({ skipped }) => skipped),
    discontinuities: sum(({ discontinuities }) => discontinuities),
    lost: sum(({ lost }) => lost),
    wrong: sum(({ wrong }) => wrong),
    ended,
    latency: all.length === 1 ? all[0]!.latency : unknown,
    last_micros: Math.max(...all.map(({ last_micros }) => last_micros)),
  };
}

/** How to publish: lane n goes to topic n modulo the topics. */
export interface Publishing {
  readonly topics: readonly string[];
  /** Last number of each lane that was published before. */
  readonly published: readonly number[];
  readonly connections: number;
  /** Messages of one request; 1 for single publishes. */
  readonly batch: number;
  readonly perSecond: number | null;
  readonly durationMs: number;
}

export function publishPlan(subject: Subject, publishing: Publishing): RequestPlan {
  const { topics, published, batch, connections, perSecond, durationMs } = publishing;
  const requests = published.map((_, lane): LaneRequest => {
    const topic = topics[lane % topics.length]!;
    const texts = Array.from({ length: batch }, () => textOf(lane, 0, 0));
    const bytes = batch === 1 ? subject.publish(topic, texts[0]!) : subject.publishBatch!(topic, texts);
    const textsAt = [...bytes.toString('latin1').matchAll(textStart)].map(({ index }) => index);
    return { bytes: bytes.toString('base64'), textsAt };
  });
  return {
    origin: subject.origin,
    connections,
    lanes: requests,
    published,
    statuses: batch === 1 ? subject.published : [200],
    bodyHolds: batch === 1 ? null : '"outcome":"published"',
    perSecond,
    durationMs,
  };
}

/** GETs of one item for each connection. */
export function readPlan(items: NonNullable<Subject['items']>, subject: Subject, durationMs: number): RequestPlan {
  const { getConnections, getsPerSecond } = topicsLimits;
  return {
    origin: subject.origin,
    connections: getConnections,
    lanes: Array.from({ length: getConnections }, (_, index) => ({
      bytes: items.get(index).toString('base64'),
      textsAt: [],
    })),
    published: new Array<number>(getConnections).fill(0),
    statuses: [200],
    bodyHolds: null,
    perSecond: getsPerSecond,
    durationMs,
  };
}

export function runRequests(process: ClientProcess<RequestCall>, plan: RequestPlan): Promise<RequestFigures> {
  return process.call<RequestFigures>({ type: 'run', plan });
}
