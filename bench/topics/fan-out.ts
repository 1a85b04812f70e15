import { publishPlan, runRequests, type TopicsClient } from './client.ts';
import { topicsLimits } from './limits.ts';
import type { RequestFigures, SubscriberFigures } from './plans.ts';
import type { Subject, SubjectId } from './subject.ts';
import { cpuTimes, microsEach } from './subject-cpu.ts';

/** One load of one topic. */
export interface FanOutPlan {
  readonly subscribers: number;
  /** Messages of one publish. */
  readonly batch: number;
  readonly connections: number;
  /** Messages a second; null for as fast as they are taken. */
  readonly perSecond: number | null;
  readonly seconds: number;
}

export interface FanOutSample {
  readonly subject: SubjectId;
  readonly plan: FanOutPlan;
  readonly round: number;
  readonly published: number;
  /** From the first publish to the last delivery. */
  readonly seconds: number;
  readonly publishing: RequestFigures;
  readonly figures: SubscriberFigures;
  /** CPU time of one delivery by process group, in µs. */
  readonly cpu_micros: Readonly<Record<string, number>>;
}

let topicsSoFar = 0;

/** Opens subscribers of a new topic, publishes to it, waits for the last delivery, and closes them. */
export async function fanOut(
  client: TopicsClient,
  subject: Subject,
  plan: FanOutPlan,
  round: number,
): Promise<FanOutSample> {
  const { subscribers, batch, connections, perSecond, seconds } = plan;
  const topics = [`fan-out-${++topicsSoFar}`];
  // one lane for each connection: all of them in one topic
  const none = new Array<number>(connections).fill(0);
  const opened = await client.open(subject, { subscribers, topics, published: none, latency: true });
  if (opened.connected < subscribers)
    throw new Error(`${subject.title} took ${opened.connected} of ${subscribers} subscribers`);
  const before = await cpuTimes(subject, client);
  const durationMs = seconds * 1_000;
  const publishing = await runRequests(
    client.publisher,
    publishPlan(subject, { topics, published: none, connections, batch, perSecond, durationMs }),
  );
  const figures = await client.settle(publishing.published);
  const after = await cpuTimes(subject, client);
  await client.close();
  return {
    subject: subject.id,
    plan,
    round,
    published: publishing.published.reduce((sum, number) => sum + number, 0),
    seconds: (figures.last_micros - publishing.started_micros) / 1e6,
    publishing,
    figures,
    cpu_micros: microsEach(before, after, figures.deliveries),
  };
}

/** The loads of the fan-out part that a subject takes part in. */
export function fanOutPlans(subject: Subject, seconds: number, levels: readonly number[]): FanOutPlan[] {
  const { publisherConnections: connections, batchMessages } = topicsLimits;
  return levels.flatMap((subscribers) => {
    const single = { subscribers, batch: 1, connections, perSecond: null, seconds };
    return subject.publishBatch === undefined ? [single] : [single, { ...single, batch: batchMessages }];
  });
}

/** The load of the latency part. */
export function pacedPlan(seconds: number, subscribers: number): FanOutPlan {
  const { pacedConnections: connections, pacedMessagesPerSecond: perSecond } = topicsLimits;
  return { subscribers, batch: 1, connections, perSecond, seconds };
}
