import type { FleetClient } from '../routing/fleet-client.ts';
import { readWays, retryReasons } from '../routing/routing-metrics.ts';
import { lanes } from '../routing/transport.ts';
import { Histogram, requestSecondsBuckets } from '../shared/histogram.ts';
import { MetricsText } from '../shared/metrics-text.ts';
import type { StreamKeeper } from '../topics-sse/stream-keeper.ts';
import type { TopicHub } from '../topics-sse/topic-hub.ts';
import type { Route } from './routes/route.ts';

interface RouteCounts {
  readonly seconds: Histogram;
  readonly byStatus: Map<number, number>;
}

/** What one gateway process counts. Routes and statuses are fixed sets, so the labels are bounded. */
export class GatewayMetrics {
  readonly #routes = new Map<string, RouteCounts>();

  count(route: Route | null, status: number, seconds: number): void {
    const name = route?.operationId ?? 'none';
    let counts = this.#routes.get(name);
    if (counts === undefined) {
      counts = { seconds: new Histogram(requestSecondsBuckets), byStatus: new Map() };
      this.#routes.set(name, counts);
    }
    counts.seconds.observe(seconds);
    counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1);
  }

  /** In Prometheus' text format. */
  text(fleet: FleetClient, hub: TopicHub, streams: StreamKeeper): string {
    const text = new MetricsText();
    const routing = fleet.metrics;
    text.family('godwit_requests_total', 'counter', 'Requests answered, by operation and status.');
    for (const [operation, { byStatus }] of this.#routes)
      for (const [status, count] of byStatus) text.sample({ operation, status: String(status) }, count);
    text.family('godwit_request_seconds', 'histogram', 'Time from request to reply, in seconds.');
    for (const [operation, { seconds }] of this.#routes) seconds.write(text, { operation });
    text.family(
      'godwit_queue_seconds',
      'histogram',
      'Longest wait of an operation of a frame before it was sent, in seconds.',
    );
    for (const lane of lanes) routing.queueSeconds[lane].write(text, { lane });
    text.family('godwit_frames_sent_total', 'counter', 'Frames sent to storage nodes.').sample({}, routing.framesSent);
    text
      .family('godwit_frame_operations_total', 'counter', 'Operations in those frames.')
      .sample({}, routing.operationsSent);
    ofAttempts(text, fleet);
    text
      .family('godwit_replies_rejected_total', 'counter', 'Replies that did not match.')
      .sample({}, routing.repliesRejected);
    text.family('godwit_refused_total', 'counter', 'Operations refused by a full queue.').sample({}, routing.refused);
    text
      .family('godwit_unknown_outcomes_total', 'counter', 'Writes of unknown outcome.')
      .sample({}, routing.unknownOutcomes);
    ofTopics(text, hub, streams);
    return text.toString();
  }
}

function ofAttempts(text: MetricsText, fleet: FleetClient): void {
  const { retries, reads, waitSeconds } = fleet.metrics;
  text.family('godwit_retries_total', 'counter', 'Operations tried again, by reason.');
  for (const reason of retryReasons) text.sample({ reason }, retries[reason]);
  text
    .family('godwit_waiting_operations', 'gauge', 'Operations that wait for their slot to be served.')
    .sample({}, fleet.waiting.operations);
  text.family('godwit_waiting_bytes', 'gauge', 'Their bytes.').sample({}, fleet.waiting.bytes);
  text.family(
    'godwit_slot_wait_seconds',
    'histogram',
    'Time from the first wait of an operation for its slot to its result, in seconds.',
  );
  waitSeconds.write(text, {});
  text.family('godwit_reads_total', 'counter', 'Reads sent, by read concern and by the copy that they went to.');
  for (const way of readWays) {
    const [concern, copy = 'primary'] = way.split('_');
    text.sample({ concern: concern!, copy }, reads[way]);
  }
}

function ofTopics(text: MetricsText, hub: TopicHub, streams: StreamKeeper): void {
  text.family('godwit_topic_readers', 'gauge', 'Open topic streams and long polls.').sample({}, streams.size);
  text
    .family('godwit_topic_readers_refused_total', 'counter', 'Streams and polls refused.')
    .sample({}, streams.refused);
  text
    .family('godwit_topic_streams_cut_total', 'counter', 'Streams cut: by what they held unread, or standing still.')
    .sample({ cause: 'memory' }, streams.shed)
    .sample({ cause: 'stuck' }, streams.stuck);
  text.family('godwit_topics_followed', 'gauge', 'Topics followed.').sample({}, hub.channels);
  text.family('godwit_topic_copies_bytes', 'gauge', 'Memory of copies of logs.').sample({}, hub.mirrorBytes);
  text
    .family('godwit_topic_messages_received_total', 'counter', 'Messages that came from storage nodes.')
    .sample({}, hub.messages);
  text
    .family('godwit_topic_discontinuities_total', 'counter', 'Gaps in what came of topics that were followed.')
    .sample({}, hub.gaps);
}
