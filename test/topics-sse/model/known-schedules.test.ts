/** Schedules in which something was not as it must be, once. */
import { describe, it } from 'vitest';
import { simulate } from './simulation.ts';
import type { ReaderShape, Step } from './step.ts';
import { type World, worldOf } from './world.ts';

const shape: ReaderShape = {
  kind: 'stream',
  topics: [0],
  prefix: '',
  format: 'json',
  checkpoints: true,
  start: 'latest',
  chunkBytesMax: 1_000_000,
  latencyMs: 0.1,
  waitMs: 2_000,
};
const plain = worldOf(0, 'calm');

function schedule(seed: number, world: Partial<Omit<World, 'limits'>>, limits: object, steps: readonly Step[]): void {
  simulate({ ...plain, seed, profile: 'faults', ...world, limits: { ...plain.limits, ...limits } }, steps);
}

describe('schedules that failed once', () => {
  it('an answer to a question of before the slot moved is not taken for that to a later one', () => {
    const world = {
      ...{ nodes: 3, gateways: 3, topics: 2, linkLatencyMs: 10, linkChunkBytesMax: 500 },
      ...{ durationMs: 500, maintenanceMs: 1_000, retryMsMax: 1_000 },
    };
    const limits = {
      ...{ unsentBytesSoft: 150, unsentBytesHard: 1_000_000, pieceBytes: 2_000, roundMs: 250, lingerMs: 2_000 },
      ...{ pollMessagesMax: 2, topicLinkUnreadBytesMax: 300, topicIdleMs: 3_000, topicCrowdedIdleMs: 10_000 },
    };
    schedule(30_843, world, limits, [
      { atMs: 28, kind: 'open', reader: { ...shape, kind: 'several', checkpoints: false, start: '-3' } },
      { atMs: 47, kind: 'open', reader: { ...shape, format: 'plain' } },
      { atMs: 67, kind: 'open', reader: shape },
      { atMs: 76, kind: 'publish', topic: 0, count: 12, bytes: 0, binary: false },
      { atMs: 177, kind: 'move', topic: 0, node: 2 },
      { atMs: 178, kind: 'open', reader: { ...shape, format: 'plain', start: '-1' } },
      { atMs: 191, kind: 'retopic', reader: 0, topics: [0] },
      { atMs: 243, kind: 'move', topic: 0, node: 0 },
      { atMs: 414, kind: 'publish', topic: 0, count: 3, bytes: 0, binary: false },
      { atMs: 450, kind: 'publish', topic: 0, count: 1, bytes: 0, binary: false },
      { atMs: 451, kind: 'open', reader: { ...shape, kind: 'poll', start: '-3' } },
    ]);
  });

  it('prefix: a topic that the id had no room for comes back under another page with a gap', () => {
    const world = {
      ...{ nodes: 1, gateways: 2, topics: 5, messagesMax: 5, retentionMs: 0, logBytesMax: 300 },
      ...{ linkLatencyMs: 0.1, linkChunkBytesMax: 500, durationMs: 30_000, maintenanceMs: 100, retryMsMax: 1_000 },
    };
    const limits = {
      ...{ unsentBytesSoft: 5_000, unsentBytesHard: 8_000, pieceBytes: 2_000, roundMs: 1_000, lingerMs: 10_000 },
      ...{ pollMessagesMax: 2, positionsPerIdMax: 2, topicIdleMs: 100, topicCrowdedIdleMs: 50 },
    };
    schedule(20_703, world, limits, [
      { atMs: 765, kind: 'open', reader: { ...shape, topics: [2], format: 'plain', start: 'earliest' } },
      {
        ...{ atMs: 963, kind: 'open' },
        reader: { ...shape, kind: 'prefix', topics: [], start: '-1', chunkBytesMax: 20, latencyMs: 1 },
      },
      { atMs: 12_623, kind: 'cut', reader: 0, back: 0, downMs: 0, how: 'fresh' },
      { atMs: 14_276, kind: 'publish', topic: 4, count: 1, bytes: 0, binary: false },
      { atMs: 18_192, kind: 'publish', topic: 0, count: 1, bytes: 0, binary: false },
      { atMs: 19_709, kind: 'killGateway', gateway: 1, downMs: 40_000, drain: true },
    ]);
  });
});
