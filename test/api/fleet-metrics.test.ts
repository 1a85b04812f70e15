import { expect, it } from 'vitest';
import { FleetMetrics } from '../../src/api/fleet-metrics.ts';
import { statisticsIn } from '../../src/api/routes/caches/cache-statistics.ts';
import { serviceLimits } from '../../src/api/routes/service/limits.ts';
import type { Fetch } from '../../src/shared/control-link/call.ts';
import { emptyFleetState } from '../../src/shared/control-link/state-watcher.ts';
import type { FleetNode, FleetProcess, FleetState } from '../../src/shared/fleet-state.ts';

const node = (id: string, state: FleetNode['state'] = 'active'): FleetNode => ({
  id,
  incarnation: `${id}-1`,
  zone: 'a',
  url: `http://${id}.test`,
  weight: 1,
  state,
});

function stateOf(nodes: FleetNode[], list: FleetProcess[] = []): FleetState {
  const empty = emptyFleetState();
  return { ...empty, view: { ...empty.view, nodes }, processes: { revision: 1, list } };
}

/** Metrics of processes that answer with these texts by host; any other refuses the connection. */
function metricsOf(
  state: FleetState,
  texts: Record<string, string>,
  more: { own?: { id: string; text: () => string } } = {},
) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch: Fetch = async (url, init) => {
    asked.push({ url, init });
    const text = texts[new URL(url).hostname];
    if (text === undefined) throw new TypeError('fetch failed');
    return new Response(text);
  };
  return {
    asked,
    metrics: new FleetMetrics({ source: { current: () => state }, fleetSecret: 'a-secret', fetch, ...more }),
  };
}

const items = (value: number) =>
  `# HELP godwit_cache_items Items.\n# TYPE godwit_cache_items gauge\ngodwit_cache_items{account="a",cache="c"} ${value}\n`;

it('merges families: HELP and TYPE once, samples with the process they come from', async () => {
  const histogram = '# HELP h Times.\n# TYPE h histogram\nh_bucket{le="+Inf"} 2\nh_sum 0.5\nh_count 2\n';
  const { metrics } = metricsOf(stateOf([node('s1'), node('s2')]), {
    's1.test': items(1) + histogram,
    's2.test': histogram + items(2),
  });
  expect((await metrics.text()).split('\n')).toEqual([
    '# HELP godwit_process_up Whether the process answered with its metrics.',
    '# TYPE godwit_process_up gauge',
    'godwit_process_up{process="s1",role="storage"} 1',
    'godwit_process_up{process="s2",role="storage"} 1',
    '# HELP godwit_cache_items Items.',
    '# TYPE godwit_cache_items gauge',
    'godwit_cache_items{process="s1",account="a",cache="c"} 1',
    'godwit_cache_items{process="s2",account="a",cache="c"} 2',
    '# HELP h Times.',
    '# TYPE h histogram',
    'h_bucket{process="s1",le="+Inf"} 2',
    'h_sum{process="s1"} 0.5',
    'h_count{process="s1"} 2',
    'h_bucket{process="s2",le="+Inf"} 2',
    'h_sum{process="s2"} 0.5',
    'h_count{process="s2"} 2',
    '',
  ]);
});

it('a process that fails, answers with an error or never ends is reported down, the others are there', async () => {
  const { metrics } = metricsOf(stateOf([node('s1'), node('s2'), node('s3')]), {
    's1.test': items(1),
    's3.test': 'x'.repeat(serviceLimits.processMetricsLengthMax + 1),
  });
  const text = await metrics.text();
  expect(text).toContain('godwit_process_up{process="s1",role="storage"} 1');
  expect(text).toContain('godwit_process_up{process="s2",role="storage"} 0');
  expect(text).toContain('godwit_process_up{process="s3",role="storage"} 0');
  expect(text).toContain('godwit_cache_items{process="s1"');
});

it('asks every living process once, with the fleet’s secret, and itself not at all', async () => {
  const list: FleetProcess[] = [
    { id: 'g1', role: 'gateway', url: 'http://g1.test' },
    { id: 'g2', role: 'gateway', url: 'http://g2.test' },
    { id: 's1.life', role: 'storage', url: 'http://s1.test' },
  ];
  const state = stateOf([node('s1'), node('s2', 'dead')], list);
  const own = { id: 'g1', text: () => '# TYPE own gauge\nown 1\n' };
  const { metrics, asked } = metricsOf(state, { 's1.test': '', 'g2.test': '' }, { own });
  expect(await metrics.text()).toContain('own{process="g1"} 1');
  expect(asked.map(({ url }) => url).sort()).toEqual([
    'http://g2.test/internal/v1/metrics',
    'http://s1.test/internal/v1/metrics',
  ]);
  for (const { init } of asked) expect(init.headers).toEqual({ authorization: 'Bearer a-secret' });
});

it('lines that are no metrics, or follow no family, are left out', async () => {
  const { metrics } = metricsOf(stateOf([node('s1')]), {
    's1.test': `stray 1\n<html>\n${items(1)}other_name 3\nbroken{ x\n`,
  });
  const text = await metrics.text();
  for (const bad of ['stray', '<html>', 'other_name', 'broken']) expect(text).not.toContain(bad);
});

it('callers at the same time share one gathering; a later one gathers anew', async () => {
  const { metrics, asked } = metricsOf(stateOf([node('s1')]), { 's1.test': items(1) });
  await Promise.all([metrics.text(), metrics.text(), metrics.text()]);
  expect(asked.length).toBe(1);
  await metrics.text();
  expect(asked.length).toBe(2);
});

it('statistics: sums over nodes, of the account alone, and none while a node is down', async () => {
  const texts = { 's1.test': items(1), 's2.test': items(2) };
  const whole = await metricsOf(stateOf([node('s1'), node('s2')]), texts).metrics.text();
  expect(statisticsIn(whole, 'a').get('c')).toEqual({
    items: 3,
    bytes: 0,
    hits: 0,
    misses: 0,
    evictions: 0,
    expirations: 0,
  });
  expect(statisticsIn(whole, 'b').size).toBe(0);
  const partly = await metricsOf(stateOf([node('s1'), node('s2'), node('s3')]), texts).metrics.text();
  expect(statisticsIn(partly, 'a').size).toBe(0);
});
