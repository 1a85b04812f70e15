import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/shared/histogram.ts';
import { MetricsText } from '../../src/shared/metrics-text.ts';
import { SecretCheck } from '../../src/shared/secret-check.ts';

describe('metrics text', () => {
  it('families with samples, in Prometheus’ text format', () => {
    const text = new MetricsText();
    text.family('a_total', 'counter', 'Counts.').sample({}, 3).sample({ cache: 'x', status: '200' }, 0.5);
    expect(text.toString()).toBe(
      '# HELP a_total Counts.\n# TYPE a_total counter\na_total 3\na_total{cache="x",status="200"} 0.5\n',
    );
  });

  it('a label cannot break out of its quotes or its line', () => {
    const text = new MetricsText().family('a', 'gauge', 'A.').sample({ l: 'a"b\\c\nd' }, 1).toString();
    expect(text.split('\n')[2]).toBe('a{l="a\\"b\\\\c\\nd"} 1');
  });
});

describe('histogram', () => {
  it('counts by upper bound, each bucket with those below it', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 3, 9]) histogram.observe(value);
    const text = new MetricsText().family('h', 'histogram', 'H.');
    histogram.write(text, { lane: 'read' });
    expect(text.toString().split('\n').slice(2, -1)).toEqual([
      'h_bucket{lane="read",le="1"} 2',
      'h_bucket{lane="read",le="2"} 4',
      'h_bucket{lane="read",le="5"} 5',
      'h_bucket{lane="read",le="+Inf"} 6',
      'h_sum{lane="read"} 16.5',
      'h_count{lane="read"} 6',
    ]);
    expect(histogram.count).toBe(6);
  });
});

describe('secret check', () => {
  it('takes the secret as a bearer and nothing else', () => {
    const check = new SecretCheck('secret');
    expect(check.matches('Bearer secret')).toBe(true);
    for (const other of [
      undefined,
      '',
      'secret',
      'Bearer',
      'Bearer ',
      'bearer secret',
      'Bearer secret ',
      'Bearer secre',
      'Bearer secrett',
      'Basic secret',
      'Bearer a, Bearer secret',
    ])
      expect(check.matches(other)).toBe(false);
  });
});
