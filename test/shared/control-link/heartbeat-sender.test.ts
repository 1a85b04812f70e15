import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/shared/clock.ts';
import { HeartbeatSender } from '../../../src/shared/control-link/heartbeat-sender.ts';
import { controlLinkLimits } from '../../../src/shared/control-link/limits.ts';
import type { Heartbeat, HeartbeatAnswer } from '../../../src/shared/control-link/protocol.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { fakeFetch, hang, problem, refused, type SeenCall } from './fake-control.ts';

const heartbeat = (view: number): Heartbeat => ({
  id: 'a-1',
  incarnation: 'x',
  view,
  not_serving: 0,
  not_serving_slots: [],
  memory_bytes: 0,
  memory_bytes_used: 0,
  operations_per_second: 0,
  peers: [],
  copies_lagging: 0,
  log_bytes: 0,
  leaving: false,
});
const answer: HeartbeatAnswer = { view: 7, registered: true, left: false };

/** A sender whose pauses are told and last until `pass`. */
function sending(handle: (call: SeenCall) => unknown, urls = ['http://one.test']) {
  const { fetch, calls } = fakeFetch(handle);
  const clock = new ManualClock();
  const answers: HeartbeatAnswer[] = [];
  const pauses: number[] = [];
  let resume = () => {};
  let said = 0;
  const sender = new HeartbeatSender({
    ...{ urls, fleetSecret: 's', fetch, clock, log: silentLog },
    heartbeat: () => heartbeat(++said),
    onAnswer: (each) => answers.push(each),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        pauses.push(ms);
        resume = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  });
  sender.start();
  const untilPause = async (count: number) => {
    while (pauses.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { sender, calls, clock, answers, pauses, untilPause, pass: () => resume() };
}

describe('heartbeats', () => {
  it('one follows the other, each as things are then, and its answer is told', async () => {
    const { sender, calls, answers, pauses, untilPause, pass } = sending(() => answer);
    await untilPause(1);
    pass();
    await untilPause(2);
    await sender.stop();
    expect(calls.map(({ body }) => (body as Heartbeat).view)).toEqual([1, 2]);
    expect(answers).toEqual([answer, answer]);
    expect(pauses).toEqual([controlLinkLimits.heartbeatMs, controlLinkLimits.heartbeatMs]);
    expect(sender.counts).toEqual({ answered: 2, failed: 0 });
  });

  it('the time that an answer took is not waited for again', async () => {
    const { sender, clock, pauses, untilPause } = sending(async () => {
      await Promise.resolve();
      clock.advance(60);
      return answer;
    });
    await untilPause(1);
    await sender.stop();
    expect(pauses).toEqual([controlLinkLimits.heartbeatMs - 60]);
  });

  it('a process that does not lead, or does not answer, is left for the next at once', async () => {
    const handlers = [() => problem('control_plane_unavailable', 503), refused, () => answer];
    const urls = ['http://one.test', 'http://two.test', 'http://three.test'];
    const { sender, calls, pauses, untilPause, pass } = sending(() => handlers.shift()!(), urls);
    for (const count of [1, 2]) {
      await untilPause(count);
      pass();
    }
    await untilPause(3);
    await sender.stop();
    expect(calls.map(({ url }) => url.hostname)).toEqual(['one.test', 'two.test', 'three.test']);
    const { heartbeatRetryMs, heartbeatMs } = controlLinkLimits;
    expect(pauses).toEqual([heartbeatRetryMs, heartbeatRetryMs, heartbeatMs]);
  });

  it('after a round without an answer the pause is the ordinary one', async () => {
    const { sender, pauses, untilPause } = sending(refused);
    await untilPause(1);
    await sender.stop();
    expect(pauses).toEqual([controlLinkLimits.heartbeatMs]);
    expect(sender.counts).toEqual({ answered: 0, failed: 1 });
  });

  it('what is no answer counts as failed', async () => {
    const { sender, answers, untilPause } = sending(() => ({ view: 'seven' }));
    await untilPause(1);
    await sender.stop();
    expect(answers).toEqual([]);
    expect(sender.counts.failed).toBe(1);
  });

  it('one that is in a hurry does not wait for the pause', async () => {
    const { sender, calls, untilPause } = sending(() => answer);
    await untilPause(1);
    sender.hurry();
    await untilPause(2);
    await sender.stop();
    expect(calls).toHaveLength(2);
  });

  it('stopping cuts off the one that is under way', async () => {
    const { sender, calls } = sending(hang);
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await sender.stop();
    expect(calls[0]!.signal.aborted).toBe(true);
  });
});
