import { describe, expect, it } from 'vitest';
import { controlLinkLimits } from '../../../src/shared/control-link/limits.ts';
import { registerNode } from '../../../src/shared/control-link/register-node.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { broken, fakeFetch, hang, problem, refused, type SeenCall } from './fake-control.ts';

const registration = { id: 'a-1', incarnation: 'x', zone: 'a', url: 'http://127.0.0.1:7000', weight: 1 };

function register(handle: (call: SeenCall) => unknown, urls = ['http://one.test']) {
  const { fetch, calls } = fakeFetch(handle);
  const stop = new AbortController();
  const said: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => said.push(message) };
  const options = { urls, fleetSecret: 's', fetch, registration, log, signal: stop.signal };
  return { result: registerNode({ ...options, sleep: async () => {} }), calls, stop, said };
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
    expect(
      calls.every(({ body }) => JSON.stringify(body) === JSON.stringify({ ...registration, replaces: null })),
    ).toBe(true);
  });

  it('does not insist on what is refused for good', async () => {
    const { result, calls } = register(() => problem('invalid_argument', 400));
    await expect(result).rejects.toMatchObject({ code: 'invalid_argument', message: 'as told' });
    expect(calls).toHaveLength(1);
  });

  it('names the life in whose place it comes as soon as it is told of it', async () => {
    const inUse = (incarnation: string, running: boolean) =>
      Response.json({ code: 'node_id_in_use', detail: 'x', extra: { incarnation, running } }, { status: 409 });
    const answers = [inUse('former', false), { view: 3 }];
    const { result, calls, said } = register(() => answers.shift());
    expect(await result).toEqual({ view: 3 });
    expect(calls.map(({ body }) => (body as { replaces: unknown }).replaces)).toEqual([null, 'former']);
    expect(said).toEqual([]);
  });

  it('waits for a life that is running, says so after a while, and takes its place when it has ended', async () => {
    let tries = 0;
    const { result, calls, said } = register(() => {
      tries++;
      if (tries > controlLinkLimits.idInUseTriesSilent + 5) return { view: 3 };
      const extra = { incarnation: 'first', running: true };
      return Response.json({ code: 'node_id_in_use', detail: 'x', extra }, { status: 409 });
    });
    expect(await result).toEqual({ view: 3 });
    expect((calls.at(-1)!.body as { replaces: unknown }).replaces).toBe('first');
    expect(said).toEqual([expect.stringContaining('another process with this --node-id is running')]);
  });

  it('gives up when told to', async () => {
    const { result, stop } = register(hang);
    stop.abort();
    await expect(result).rejects.toMatchObject({ code: 'control_plane_unavailable' });
  });
});
