import type { Clock } from '../shared/clock.ts';
import { nodeLimits } from './limits.ts';
import type { NodeCore } from './node-core.ts';
import { replicationTimes } from './replication/times.ts';

/** Runs what a node does by itself, in pieces of at most a millisecond with turns of the event loop between them. */
export function runBackground(core: NodeCore, clock: Clock): () => void {
  const stops = [maintain(core, clock), copy(core), tick(core, clock)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Frees expired memory, and that of forgotten slots, by and by. */
function maintain({ engine, store }: NodeCore, clock: Clock): () => void {
  return repeat(() => {
    const more = engine.maintain(clock.monotonicMs());
    if (store.sweeper.step(clock.monotonicMs())) return nodeLimits.scanPauseMs;
    return more ? 0 : nodeLimits.maintenanceIntervalMs;
  });
}

/** Reads slots for their learners. */
function copy(core: NodeCore): () => void {
  return repeat(() => {
    if (!core.store.readings.active) return nodeLimits.copyPauseMs;
    core.readForLearners();
    return nodeLimits.scanPauseMs;
  });
}

function tick(core: NodeCore, clock: Clock): () => void {
  const ticks = setInterval(() => core.tick(), replicationTimes.tickMs);
  const topicRounds = setInterval(
    () => core.topics.maintain(clock.monotonicMs()),
    nodeLimits.topicMaintenanceIntervalMs,
  );
  return () => {
    clearInterval(ticks);
    clearInterval(topicRounds);
  };
}

/** Does a piece again and again; it returns the pause before the next one, in ms. */
function repeat(piece: () => number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const round = (): void => {
    if (stopped) return;
    const pauseMs = piece();
    if (pauseMs === 0) setImmediate(round);
    else timer = setTimeout(round, pauseMs);
  };
  round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
