import { describe, expect, it } from 'vitest';
import { registerNode } from '../../../src/shared/control-link/register-node.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { broken, fakeFetch, hang, problem, refused, type SeenCall } from './fake-control.ts';

const registration = { id: 'a-1', incarnation: 'x', zone: 'a', url: 'http://127.0.0.1:7000', weight: 1 };

function register(handle: (call: SeenCall) => unknown, urls = ['http://one.test']) {
  const { fetch, calls } = fakeFetch(handle);
  const stop = new AbortController();
  const options = { urls, fleetSecret: 's', fetch, registration, log: silentLog, signal: stop.signal };
  return { result: registerNode({ ...options, sleep: async () => {} }), calls, stop };
}

describe('registering a node', () => {
  it('tries again, at every URL, until the control plane takes it', async () => {
    let attempt = 0;
    const failures = [refused, broken, () => problem('overloaded', 503)];
    const { result, calls } = register(
      () => (failures[attempt++] ?? (() => ({ view: 4 })))(),
      ['http://one.test', 'http://two.test'],
    );
    expect(await result).toEqual({ view: 4 });
    expect(calls.map(({ url }) => url.hostname)).toEqual(['one.test', 'two.test', 'one.test', 'two.test']);
    expect(calls.every(({ body }) => JSON.stringify(body) === JSON.stringify(registration))).toBe(true);
  });

  it('does not insist on what is refused for good', async () => {
    const { result, calls } = register(() => problem('invalid_argument', 400));
    await expect(result).rejects.toMatchObject({ code: 'invalid_argument', message: 'as told' });
    expect(calls).toHaveLength(1);
  });

  it('gives up when told to', async () => {
    const { result, stop } = register(hang);
    stop.abort();
    await expect(result).rejects.toMatchObject({ code: 'control_plane_unavailable' });
  });
});
