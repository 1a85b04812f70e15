import { describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/control-plane/client.ts';
import { ManualClock } from '../../src/shared/clock.ts';
import { controlLinkLimits } from '../../src/shared/control-link/limits.ts';
import { emptyFleetState } from '../../src/shared/control-link/state-watcher.ts';
import type { FleetStateSource } from '../../src/shared/fleet-state.ts';
import { broken, fakeFetch, problem, refused, type SeenCall } from '../shared/control-link/fake-control.ts';

const deleted = { revision: 3, replayed: false, answer: { deleted: true } };
const body = { account: 'a', name: 'c' };
const claimed = { ...body, idempotency: { key: 'k', fingerprint: 'f' } };

function clientOf(handle: (call: SeenCall) => unknown, urls = ['http://one.test']) {
  const clock = new ManualClock();
  const { fetch, calls } = fakeFetch(handle);
  let refreshes = 0;
  let state = emptyFleetState();
  const source: FleetStateSource = {
    current: () => state,
    onChange: () => () => {},
    refresh: async () => {
      refreshes++;
      state = { ...state, revision: 3 };
      return state;
    },
  };
  const sleep = async (ms: number) => clock.advance(ms);
  const client = new ControlClient({ urls, fleetSecret: 's', fetch, source, clock, random: () => 1, sleep });
  return { client, calls, source, refreshes: () => refreshes, clock };
}

/** Answers these in turn, the last one for ever. */
function script(...answers: (unknown | (() => unknown))[]) {
  let next = 0;
  return () => {
    const answer = answers[Math.min(next++, answers.length - 1)];
    return typeof answer === 'function' ? answer() : answer;
  };
}

describe('control client: outcomes', () => {
  it('a change resolves only once the gateway’s own state shows it', async () => {
    const { client, source, refreshes } = clientOf(() => deleted);
    await client.deleteCache(body);
    expect(source.current().revision).toBe(3);
    await client.deleteCache(body);
    expect(refreshes()).toBe(1);
  });

  it('a refusal comes through with its code, its sentence and its numbers, and is not repeated', async () => {
    const { client, calls } = clientOf(() => problem('limit_reached', 429));
    await expect(client.deleteCache(body)).rejects.toMatchObject({
      name: 'GodwitError',
      code: 'limit_reached',
      message: 'as told',
      extra: { limit: 3 },
    });
    expect(calls).toHaveLength(1);
  });

  it('a connection that was never made is tried again, at every URL', async () => {
    const { client, calls } = clientOf(script(refused, refused, deleted), ['http://one.test', 'http://two.test']);
    await client.deleteCache(body);
    expect(calls.map(({ url }) => url.hostname)).toEqual(['one.test', 'two.test', 'one.test']);
  });

  it('when none can be reached before the deadline nothing was done', async () => {
    const { client, clock } = clientOf(refused);
    await expect(client.deleteCache(body)).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    expect(clock.monotonicMs()).toBeLessThanOrEqual(controlLinkLimits.callDeadlineMs);
  });

  it('a change that was sent and not answered is unknown, and is not sent again', async () => {
    const { client, calls } = clientOf(script(broken, deleted));
    await expect(client.deleteCache(body)).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(calls).toHaveLength(1);
  });

  it('with an idempotency key it is sent again, and resolves', async () => {
    const { client, calls } = clientOf(script(broken, refused, deleted));
    expect((await client.deleteCache(claimed)).answer).toEqual({ deleted: true });
    expect(calls.map((call) => call.body)).toEqual([claimed, claimed, claimed]);
  });

  it('with an idempotency key and no answer until the deadline it is still unknown', async () => {
    const { client } = clientOf(script(broken, refused));
    await expect(client.deleteCache(claimed)).rejects.toMatchObject({ code: 'outcome_unknown' });
  });

  it('a list that breaks off is asked for again', async () => {
    const empty = { revision: 1, replayed: false, answer: { items: [] } };
    const { client } = clientOf(script(broken, empty));
    expect((await client.listCaches({ account: 'a' })).answer).toEqual({ items: [] });
  });

  it('an answer without its shape is unknown for a change and unavailable for a list', async () => {
    for (const answer of [{ revision: 1, replayed: false, answer: {} }, {}, [], 'text', 7]) {
      const { client } = clientOf(() => answer);
      await expect(client.deleteCache(body)).rejects.toMatchObject({ code: 'outcome_unknown' });
      await expect(client.listTokens({ account: 'a' })).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    }
  });

  it('a proxy’s page, or a code from another version, is no refusal', async () => {
    const page = () => new Response('<html>bad gateway</html>', { status: 502 });
    const foreign = () => Response.json({ code: 'constructor', detail: '' }, { status: 400 });
    for (const answer of [page, foreign]) {
      await expect(clientOf(answer).client.deleteCache(body)).rejects.toMatchObject({ code: 'outcome_unknown' });
    }
  });

  it('an answer larger than the bound is not read to its end', async () => {
    let pulled = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(1024 * 1024));
          },
        }),
      );
    await expect(clientOf(endless).client.deleteCache(body)).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(pulled).toBeLessThan(40);
  });
});
