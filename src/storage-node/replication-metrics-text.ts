import type { MetricsText } from '../shared/metrics-text.ts';
import type { NodeMetricsSources } from './node-metrics-text.ts';
import type { ReplicationCounters } from './replication/environment.ts';

/** Counters of the protocol, by name of the metric without `godwit_replication_` and `_total`. */
const protocolCounters: readonly (readonly [keyof ReplicationCounters, string, string])[] = [
  ['entriesAppended', 'entries_appended', 'Results that this node has ordered as a primary.'],
  ['entriesApplied', 'entries_applied', 'Results of primaries that this node has taken as a copy.'],
  ['takeovers', 'takeovers', 'Slots that this node began to serve.'],
  ['stepDowns', 'step_downs', 'Slots that this node ceased to lead.'],
  ['sessionsBegun', 'copies_begun', 'Attempts to fill a copy, by the primary.'],
  ['sessionsRestarted', 'copies_restarted', 'Attempts that had to begin anew.'],
  ['joinsProposed', 'joins_proposed', 'Filled copies that were to be taken in, repetitions included.'],
  ['shrinksProposed', 'shrinks_proposed', 'Silent copies that were to be taken out, repetitions included.'],
  ['messagesRefused', 'messages_refused', 'Messages of an older epoch.'],
  ['wipes', 'slots_wiped', 'Slots whose contents here were forgotten.'],
  ['invalidRoles', 'invalid_roles', 'Slots that this node was to hold and does not; any is a defect.'],
];

/** Replication: what waits, what is copied, how the links are. */
export function replicationMetrics(text: MetricsText, { core, links, duties }: NodeMetricsSources): void {
  const { replication, executor, store, topics, idempotency } = core;
  for (const [counter, name, help] of protocolCounters)
    text.family(`godwit_replication_${name}_total`, 'counter', help).sample({}, replication.counters[counter]);
  text
    .family('godwit_replication_slots', 'gauge', 'Slots, by what this node has to do with them.')
    .sample({ state: 'held' }, replication.heldSlots().length)
    .sample({ state: 'not_serving' }, replication.notServing().length)
    .sample({ state: 'lagging' }, replication.slotsLagging());
  text
    .family('godwit_replication_log_bytes', 'gauge', 'Bytes of results kept for copies that lack them.')
    .sample({}, replication.logBytes());
  text
    .family('godwit_replication_uncommitted_bytes', 'gauge', 'Bytes of results that not all copies have acknowledged.')
    .sample({}, executor.uncommitted.total);
  text
    .family('godwit_replication_replies_held', 'gauge', 'Replies that wait for acknowledgements.')
    .sample({}, executor.held.size);
  text
    .family('godwit_replication_replies_failed_total', 'counter', 'Replies that waited in vain for some results.')
    .sample({}, executor.held.failed);
  text
    .family('godwit_replication_not_stored_total', 'counter', 'What a copy had no room for, by kind.')
    .sample({ kind: 'item' }, store.notStored)
    .sample({ kind: 'idempotency_record' }, idempotency.notStored)
    .sample({ kind: 'topic' }, topics.copies.notStored);
  text
    .family('godwit_replication_copied_bytes_total', 'counter', 'Bytes of items read for new copies.')
    .sample({}, store.readings.bytesRead);
  ofPeers(text, core.replication.silences());
  if (links !== undefined) ofLinks(text, links);
  if (duties !== undefined) ofDuties(text, duties);
}

function ofPeers(text: MetricsText, silences: readonly { life: string; silentMs: number }[]): void {
  const longest = silences.reduce((most, { silentMs }) => Math.max(most, silentMs), 0);
  text.family('godwit_replication_peers', 'gauge', 'Nodes that share slots with this one.').sample({}, silences.length);
  text
    .family('godwit_replication_peer_silence_seconds', 'gauge', 'Longest time that one of them has been silent.')
    .sample({}, longest / 1_000);
}

function ofLinks(text: MetricsText, { counters, open, unreadBytes }: NonNullable<NodeMetricsSources['links']>): void {
  text
    .family('godwit_replication_links', 'gauge', 'Open links between storage nodes, by who opened them.')
    .sample({ opened: 'here' }, open.outgoing)
    .sample({ opened: 'there' }, open.incoming);
  text
    .family('godwit_replication_link_bytes_total', 'counter', 'Bytes on these links, by direction.')
    .sample({ direction: 'sent' }, counters.bytesSent)
    .sample({ direction: 'received' }, counters.bytesReceived);
  text
    .family('godwit_replication_link_unread_bytes', 'gauge', 'Bytes that peers have not read.')
    .sample({}, unreadBytes);
  text
    .family('godwit_replication_link_ends_total', 'counter', 'Links that ended or did not come about, by cause.')
    .sample({ cause: 'unread' }, counters.cutUnread)
    .sample({ cause: 'quiet' }, counters.cutQuiet)
    .sample({ cause: 'any' }, counters.disconnects)
    .sample({ cause: 'dial_failed' }, counters.dialsFailed);
}

function ofDuties(text: MetricsText, duties: NonNullable<NodeMetricsSources['duties']>): void {
  text
    .family('godwit_node_heartbeats_total', 'counter', 'Heartbeats to the control plane, by outcome.')
    .sample({ outcome: 'answered' }, duties.heartbeats.answered)
    .sample({ outcome: 'failed' }, duties.heartbeats.failed);
  text
    .family('godwit_node_proposals_total', 'counter', 'Changes of copies asked of the control plane, by outcome.')
    .sample({ outcome: 'sent' }, duties.proposals.sent)
    .sample({ outcome: 'dropped' }, duties.proposals.dropped);
}
