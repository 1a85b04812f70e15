import { describe, expect, it } from 'vitest';
import { reportGone } from '../../../src/shared/control-link/report-gone.ts';
import { broken, fakeFetch, hang, problem, refused, type SeenCall } from './fake-control.ts';

const life = { id: 'a-1', incarnation: 'x' };

function report(handle: (call: SeenCall) => unknown, urls = ['http://one.test', 'http://two.test']) {
  const { fetch, calls } = fakeFetch(handle);
  const stop = new AbortController();
  const options = { urls, fleetSecret: 's', fetch, life, signal: stop.signal, sleep: async () => {} };
  return { result: reportGone(options), calls, stop };
}

describe('reporting that a life has ended', () => {
  it('is tried, at every URL, until it is heard', async () => {
    const failures = [refused, broken, () => problem('control_plane_unavailable', 503)];
    const { result, calls } = report(() => (failures.shift() ?? (() => ({})))());
    expect(await result).toBe(true);
    expect(calls.map(({ url }) => url.hostname)).toEqual(['one.test', 'two.test', 'one.test', 'two.test']);
    expect(calls.every(({ body }) => JSON.stringify(body) === JSON.stringify(life))).toBe(true);
  });

  it('is not insisted on when it is refused for good', async () => {
    const { result, calls } = report(() => problem('malformed_body', 400));
    expect(await result).toBe(false);
    expect(calls).toHaveLength(1);
  });

  it('is given up when told to', async () => {
    const { result, stop } = report(hang);
    stop.abort();
    expect(await result).toBe(false);
  });
});
