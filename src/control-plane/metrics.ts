/** The control plane's statistics in Prometheus' text format (version 0.0.4). */
import type { ControlPlaneStatistics } from './control-plane.ts';
import type { ControlProcessStatistics } from './control-process.ts';

type Metric = readonly [type: 'gauge' | 'counter', help: string];

const metrics: Record<keyof ControlPlaneStatistics, Metric> = {
  revision: ['gauge', 'Number of the newest state of the fleet.'],
  view_number: ['gauge', 'Number of the current view.'],
  nodes: ['gauge', 'Storage nodes in the view.'],
  caches: ['gauge', 'Caches of all accounts.'],
  revocations: ['gauge', 'Revocations in force.'],
  signing_keys: ['gauge', 'Published signing keys.'],
  processes: ['gauge', 'Listed processes.'],
  watchers_live: ['gauge', 'Watchers whose acknowledgement a change waits for.'],
  waiters: ['gauge', 'State polls held open.'],
  acknowledge_timeouts: ['counter', 'Changes answered before every live watcher had acknowledged them.'],
  mutations: ['counter', 'Administrative changes carried out.'],
  mutations_replayed: ['counter', 'Administrative calls answered from an idempotency record.'],
  mutations_refused: ['counter', 'Administrative calls refused.'],
  idempotency_records: ['gauge', 'Idempotency records held.'],
  views: ['counter', 'Views published since this process began to lead.'],
  moves: ['counter', 'Steps that the planner has taken: learners, changes of primaries, dropped copies.'],
  failovers: ['counter', 'Slots whose primary was lost and replaced by a copy in sync.'],
  silences: ['counter', 'Times that a node was declared silent because nobody heard it.'],
  resets: [
    'counter',
    'Slots that restarted empty because their last copy had ended: lost data, since the fleet began.',
  ],
  proposals_applied: ['counter', 'Changes of copies that primaries proposed and that were made.'],
  proposals_refused: ['counter', 'Proposals refused because the slot had changed since.'],
  nodes_silent: ['gauge', 'Nodes that nobody hears and whose end is not confirmed.'],
  slots_under_replicated: ['gauge', 'Slots with fewer copies in sync than the replication factor.'],
  slots_unserved: ['gauge', 'Slots that are not known to be served.'],
  slots_moving: ['gauge', 'Slots with a learner, or with a copy more than they are to keep.'],
};

export function prometheusText({ leading, tenures, control }: ControlProcessStatistics): string {
  const own = [
    sample('leading', ['gauge', 'Whether this process leads the control plane.'], leading ? 1 : 0),
    sample('tenures', ['counter', 'Times that this process began to lead the control plane.'], tenures),
  ];
  // What a follower would say of the fleet is not known to it.
  if (!control) return own.join('');
  const names = Object.keys(metrics) as (keyof ControlPlaneStatistics)[];
  return [...names.map((name) => sample(name, metrics[name], control[name])), ...own].join('');
}

function sample(name: string, [type, help]: Metric, value: number): string {
  const full = `godwit_control_${name}${type === 'counter' ? '_total' : ''}`;
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full} ${value}\n`;
}
