import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WatchHub } from '../../src/control-plane/watch-hub.ts';
import { ManualClock } from '../../src/shared/clock.ts';
import { controlLinkLimits } from '../../src/shared/control-link/limits.ts';

const { acknowledgeMsMax, repollWindowMs, pollWaitMsMax } = controlLinkLimits;
const never = new AbortController().signal;

let clock: ManualClock;
let hub: WatchHub;
/** The newest revision; polls that applied less have news. */
let revision: number;

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  hub = new WatchHub(clock);
  revision = 1;
});
afterEach(() => vi.useRealTimers());

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await vi.advanceTimersByTimeAsync(ms);
}

function poll(id: string, applied: number, waitMs = 10_000, signal = never) {
  const state = { answered: false };
  const promise = hub
    .poll(id, applied, () => applied < revision, waitMs, signal)
    .then(() => {
      state.answered = true;
    });
  return { state, promise };
}

/** Makes a revision and asks for its acknowledgement. */
function change() {
  revision++;
  hub.notify();
  const state: { result?: boolean } = {};
  void hub.acknowledged(revision).then((result) => {
    state.result = result;
  });
  return state;
}

describe('watch hub: polls', () => {
  it('a poll that lacks something is answered at once', async () => {
    await poll('g', 0).promise;
    expect(hub.waiters).toBe(0);
  });

  it('a poll that has everything waits for the next change', async () => {
    const waiting = poll('g', 1);
    await pass(1_000);
    expect(waiting.state.answered).toBe(false);
    revision = 2;
    hub.notify();
    await waiting.promise;
  });

  it('a poll is answered when its wait is over, and never waits longer than the bound', async () => {
    const short = poll('g', 1, 500);
    await pass(500);
    expect(short.state.answered).toBe(true);
    const long = poll('g', 1, 10 * pollWaitMsMax);
    await pass(pollWaitMsMax);
    expect(long.state.answered).toBe(true);
  });

  it('a later poll of the same watcher ends the earlier one', async () => {
    const earlier = poll('g', 1);
    const later = poll('g', 1);
    await earlier.promise;
    expect(later.state.answered).toBe(false);
    expect(hub.waiters).toBe(1);
  });

  it('a caller that has gone leaves no waiter behind', async () => {
    const gone = new AbortController();
    const waiting = poll('g', 1, 10_000, gone.signal);
    gone.abort();
    await waiting.promise;
    expect(hub.waiters).toBe(0);
  });

  it('closing answers everybody, and later polls do not wait', async () => {
    const waiting = poll('g', 1);
    hub.close();
    await waiting.promise;
    await poll('g', 1).promise;
  });
});

describe('watch hub: acknowledgements', () => {
  it('with no watchers a change is acknowledged at once', async () => {
    const changed = change();
    await pass(0);
    expect(changed.result).toBe(true);
  });

  it('a change waits until every live watcher has applied it', async () => {
    poll('g-1', 1);
    poll('g-2', 1);
    await pass(0);
    const changed = change();
    await pass(10);
    poll('g-1', 2);
    await pass(10);
    expect(changed.result).toBeUndefined();
    poll('g-2', 2);
    await pass(0);
    expect(changed.result).toBe(true);
  });

  it('a change waits for a watcher that is expected, until it has polled or its window is over', async () => {
    hub.expect('on-its-way');
    const first = change();
    await pass(100);
    expect(first.result).toBeUndefined();
    poll('on-its-way', 2);
    await pass(0);
    expect(first.result).toBe(true);
    hub.expect('gone');
    await pass(repollWindowMs);
    poll('on-its-way', 3);
    const second = change();
    poll('on-its-way', 3);
    await pass(0);
    expect(second.result).toBe(true);
  });

  it('an old poll that overtakes a newer one takes no acknowledgement back', async () => {
    poll('g', 1);
    const changed = change();
    poll('g', 2);
    void hub.poll('g', 1, () => true, 0, never);
    await pass(0);
    expect(changed.result).toBe(true);
  });

  it('a dead watcher delays one change by the bound, and the next not at all', async () => {
    poll('dead', 1);
    await pass(0);
    const first = change();
    await pass(acknowledgeMsMax - 1);
    expect(first.result).toBeUndefined();
    await pass(1);
    expect(first.result).toBe(false);
    expect(hub.acknowledgeTimeouts).toBe(1);
    const second = change();
    await pass(0);
    expect(second.result).toBe(true);
  });

  it('a watcher that comes back is waited for again', async () => {
    poll('slow', 1);
    change();
    await pass(acknowledgeMsMax);
    poll('slow', revision);
    await pass(0);
    const changed = change();
    await pass(10);
    expect(changed.result).toBeUndefined();
    poll('slow', revision);
    await pass(0);
    expect(changed.result).toBe(true);
  });

  it('a watcher that does not poll again within its window is not waited for', async () => {
    await poll('left', 0).promise;
    await pass(repollWindowMs - 1);
    expect(hub.liveWatchers).toBe(1);
    await pass(1);
    expect(hub.liveWatchers).toBe(0);
    const changed = change();
    await pass(0);
    expect(changed.result).toBe(true);
  });
});
