import { describe, expect, it } from 'vitest';
import { EdgeState } from '../../../src/api/worker/edge-state.ts';
import { edgeLimits } from '../../../src/api/worker/limits.ts';
import { ManualClock } from '../../../src/shared/clock.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { TokenVerifier } from '../../../src/tokens/verifier.ts';
import { fakeFetch, refused, type SeenCall } from '../../shared/control-link/fake-control.ts';
import { account, testNode, testRegistry, testView } from '../../support/fleet-state.ts';

const { stateRefreshMs, stateAgeMsMax, silentMs } = edgeLimits;

/** A control plane whose state the test sets, and an isolate that asks it. */
function setUp(controlUrls = ['http://one.test']) {
  const clock = new ManualClock();
  const control = { revision: 1, answers: (_: SeenCall): void => {} };
  const { fetch, calls } = fakeFetch((call) => {
    control.answers(call);
    const { revision } = control;
    const registry = testRegistry(revision, { [`cache-${revision}`]: revision });
    return { revision, view: testView(revision, [testNode('a-1')]), registry };
  });
  const background: Promise<void>[] = [];
  const state = new EdgeState({
    id: 'edge.1',
    controlUrls,
    fleetSecret: 'secret',
    fetch,
    verifier: new TokenVerifier({ clock }),
    clock,
    log: silentLog,
    random: () => 0.5,
  });
  const renew = () => state.renew((work) => background.push(work));
  return { clock, control, calls, background, state, renew };
}

describe('edge state', () => {
  it('renewal: the first request waits for the state', async () => {
    const { state, renew, background } = setUp();
    expect(state.known).toBe(false);
    await renew();
    expect(state.known).toBe(true);
    expect(state.current().view.number).toBe(1);
    expect(state.directory.find(account, 'cache-1')?.namespace).toBe(1);
    expect(background).toHaveLength(0);
  });

  it('renewal: a young copy is not asked for again', async () => {
    const { clock, calls, renew } = setUp();
    await renew();
    clock.advance(stateRefreshMs - 1);
    await renew();
    expect(calls).toHaveLength(1);
  });

  it('renewal: an older copy is renewed once, beside the request', async () => {
    const { clock, control, calls, background, state, renew } = setUp();
    await renew();
    clock.advance(stateRefreshMs);
    control.revision = 2;
    await Promise.all([renew(), renew(), renew()]);
    expect(background).toHaveLength(1);
    expect(calls).toHaveLength(2);
    await background[0];
    expect(state.current().revision).toBe(2);
    expect(state.directory.find(account, 'cache-1')).toBeUndefined();
  });

  it('renewal: no request is served by a copy older than the bound', async () => {
    const { clock, control, background, state, renew } = setUp();
    await renew();
    clock.advance(stateAgeMsMax);
    control.revision = 2;
    await renew();
    expect(state.current().revision).toBe(2);
    expect(background).toHaveLength(0);
    expect(stateAgeMsMax).toBeLessThan(1_000);
  });

  it('renewal: an answered poll counts from when it was sent', async () => {
    const { clock, control, calls, renew } = setUp();
    control.answers = () => clock.advance(stateAgeMsMax);
    await renew();
    await renew();
    expect(calls).toHaveLength(2);
  });

  it('poll: names the isolate and what it holds, and does not wait', async () => {
    const { clock, calls, renew } = setUp();
    await renew();
    clock.advance(stateAgeMsMax);
    await renew();
    expect(Object.fromEntries(calls[1]!.url.searchParams)).toMatchObject({
      watcher: 'edge.1',
      view: '1',
      registry: '1',
      revision: '1',
      wait_ms: '0',
    });
  });

  it('silence: the last copy serves while the control plane does not answer', async () => {
    const { clock, control, calls, background, state, renew } = setUp();
    await renew();
    clock.advance(stateAgeMsMax);
    control.answers = refused;
    await renew();
    expect(state.current().revision).toBe(1);
    expect(calls).toHaveLength(2);
    clock.advance(stateRefreshMs);
    await Promise.all([renew(), renew()]);
    expect(background).toHaveLength(1);
    await background[0];
    expect(calls).toHaveLength(3);
  });

  it('silence: is over with the next answer', async () => {
    const { clock, control, background, state, renew } = setUp();
    await renew();
    control.answers = refused;
    clock.advance(stateAgeMsMax);
    await renew();
    control.answers = () => {};
    control.revision = 2;
    clock.advance(stateRefreshMs);
    await renew();
    await background[0];
    expect(state.current().revision).toBe(2);
    clock.advance(stateAgeMsMax);
    control.revision = 3;
    await renew();
    expect(state.current().revision).toBe(3);
  });

  it('silence: an isolate that slept since does not trust its copy', async () => {
    const { clock, control, background, state, renew } = setUp();
    await renew();
    control.answers = refused;
    clock.advance(stateAgeMsMax);
    await renew();
    control.answers = () => {};
    control.revision = 2;
    clock.advance(silentMs);
    await renew();
    expect(background).toHaveLength(0);
    expect(state.current().revision).toBe(2);
  });

  it('silence: nothing is known without a first answer', async () => {
    const { control, state, renew } = setUp();
    control.answers = refused;
    await renew();
    expect(state.known).toBe(false);
    control.answers = () => {};
    await renew();
    expect(state.known).toBe(true);
  });

  it('control planes: another one is asked when the first does not answer', async () => {
    const { control, calls, state, renew } = setUp(['http://one.test', 'http://two.test']);
    control.answers = ({ url }) => {
      if (url.host === 'one.test') refused();
    };
    await renew();
    expect(state.known).toBe(true);
    expect(calls.map(({ url }) => url.host)).toEqual(['one.test', 'two.test']);
  });

  it('requests: what one learns, the next one knows', async () => {
    const { control, state, renew } = setUp();
    await renew();
    const [one, two] = [state.source(), state.source()];
    control.revision = 2;
    await one.refresh(1_000);
    expect(state.current().revision).toBe(2);
    expect(two.current().revision).toBe(1);
    expect(state.source().current().revision).toBe(2);
    control.revision = 1;
    await two.refresh(1_000);
    expect(state.current().revision).toBe(2);
  });
});
