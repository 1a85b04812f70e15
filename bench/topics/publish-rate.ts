import type { LoadClient } from '../support/load-client.ts';
import type { LoadFigures, PlannedRequest } from '../support/load-plan.ts';
import { topicsLimits } from './limits.ts';
import { textOf } from './message.ts';
import type { Subject, SubjectId } from './subject.ts';

/** What is sent: messages to one topic, messages to many topics in turn, values to as many items. */
export const publishLoads = ['publish', 'publish_topics', 'put'] as const;
export type PublishLoad = (typeof publishLoads)[number];

export interface PublishSample {
  readonly subject: SubjectId;
  readonly load: PublishLoad;
  readonly round: number;
  readonly figures: LoadFigures;
}

/** One load of publishes without subscribers, or of PUTs with values of the same size; null where there are none. */
export async function publishRate(
  client: LoadClient,
  subject: Subject,
  load: PublishLoad,
  round: number,
  bounds: { readonly seconds: number; readonly requestsMax: number },
): Promise<PublishSample | null> {
  if (load === 'put' && subject.items === undefined) return null;
  const figures = await client.run({
    origin: subject.origin,
    connections: topicsLimits.loadConnections,
    durationMs: bounds.seconds * 1_000,
    requestsMax: bounds.requestsMax,
    requests: Array.from({ length: topicsLimits.loadTopics }, (_, index) => planned(subject, load, index)),
  });
  return { subject: subject.id, load, round, figures };
}

function planned(subject: Subject, load: PublishLoad, index: number): PlannedRequest {
  if (load === 'put') return { bytes: subject.items!.put(index).toString('base64'), status: 204, body: '' };
  const topic = load === 'publish' ? 'publish' : `publish-${index}`;
  // nobody subscribes
  const status = subject.published.at(-1)!;
  return { bytes: subject.publish(topic, textOf(0, 0, 0)).toString('base64'), status };
}
