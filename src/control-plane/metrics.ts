/** The control plane's statistics in Prometheus' text format (version 0.0.4). */
import type { ControlPlaneStatistics } from './control-plane.ts';

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
};

export function prometheusText(statistics: ControlPlaneStatistics): string {
  const names = Object.keys(metrics) as (keyof ControlPlaneStatistics)[];
  return names
    .map((name) => {
      const [type, help] = metrics[name];
      const full = `godwit_control_${name}${type === 'counter' ? '_total' : ''}`;
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full} ${statistics[name]}\n`;
    })
    .join('');
}
