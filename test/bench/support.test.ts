import { encode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { compare, isAsExpected, type SubjectSummary, summarize } from '../../bench/http/summary.ts';
import { holdsItems } from '../../bench/support/answer-items.ts';
import { cpuSeconds } from '../../bench/support/process-cpu.ts';
import { median } from '../../bench/support/statistics.ts';

describe('answers to a multi-get', () => {
  const values = [Buffer.from('one'), Buffer.from([0xff, 0x00])];
  const json = (items: unknown) => Buffer.from(JSON.stringify({ items }));
  const hit = (value: unknown) => ({ outcome: 'hit', value });

  it('are right when every value is there, in either form of bytes', () => {
    expect(holdsItems('json', json([hit({ text: 'one' }), hit({ base64: '/wA=' })]), values)).toBe(true);
    expect(
      holdsItems('cbor', Buffer.from(encode({ items: values.map((value) => hit(Uint8Array.from(value))) })), values),
    ).toBe(true);
  });

  it('are wrong when a value is another, missing, or in another place', () => {
    expect(holdsItems('json', json([hit({ base64: '/wA=' }), hit({ text: 'one' })]), values)).toBe(false);
    expect(holdsItems('json', json([hit({ text: 'one' }), { outcome: 'miss' }]), values)).toBe(false);
    expect(holdsItems('json', json([hit({ text: 'one' })]), values)).toBe(false);
    expect(holdsItems('json', json(undefined), values)).toBe(false);
  });
});

describe('summary', () => {
  const figures = (requests: number, p99: number) => ({
    requests,
    seconds: 2,
    latency: { count: requests, p50: 1, p99, p999: p99, max: p99 },
    errors: {},
    mismatches: 0,
    cpuSeconds: 0.1,
  });

  it('takes medians over the rounds, and CPU time for each request', () => {
    const samples = [3, 1, 2].map((p99, round) => ({
      subject: 's',
      measure: 'multi_get_json' as const,
      round,
      figures: figures(1_000 * p99, p99),
      cpu: { gateway: 0.5 },
    }));
    expect(summarize({ subjects: [{ id: 's', title: 'S' }], skipped: [], samples })).toEqual([
      expect.objectContaining({
        requests_per_second: 1_000,
        keys_per_second: 100_000,
        p99_ms: 2,
        cpu_micros: { gateway: 250 },
        requests: 6_000,
        errors: 0,
      }),
    ]);
  });

  it('judges the gateway by its own CPU time, and leaves out who did not run', () => {
    const summary = (subject: string, process: string, micros: number) =>
      ({
        subject,
        measure: 'get',
        requests_per_second: 100,
        p99_ms: 1,
        cpu_micros: { [process]: micros },
      }) as unknown as SubjectSummary;
    const comparisons = compare([summary('godwit_1', 'gateway', 20), summary('bare_hono', 'handler', 18)]);
    expect(comparisons.map(({ ratio }) => ratio)).toEqual([0.9, 1]);
    expect(isAsExpected(comparisons[0]!)).toBe(true);
    expect(isAsExpected({ name: '', ratio: 3, expected: { atMost: 2 } })).toBe(false);
    expect(isAsExpected(comparisons[1]!)).toBeNull();
  });

  it('median is the middle, or between the middle two', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

it('CPU time of a process is read where there is /proc', () => {
  const seconds = cpuSeconds(process.pid);
  if (process.platform === 'linux') expect(seconds).toBeGreaterThan(0);
  else expect(seconds).toBeUndefined();
  expect(cpuSeconds(2 ** 30)).toBeUndefined();
});
