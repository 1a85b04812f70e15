import { describe, expect, it } from 'vitest';
import { FrameBuffers } from '../../src/storage-node/frame-buffers.ts';
import { freeChunk } from '../../src/storage-node/free-memory.ts';
import { nodeLimits } from '../../src/storage-node/limits.ts';

const large = nodeLimits.largeFrameBytesMin;

describe('frame buffers', () => {
  it('allocate: gives the size asked for, small and large', () => {
    const buffers = new FrameBuffers();
    for (const size of [0, 1, 100, large - 1, large, large + 1, 5_000_000]) {
      expect(buffers.allocate(size).length).toBe(size);
    }
  });

  it('release: a large buffer is used again, whole, and never twice at a time', () => {
    const buffers = new FrameBuffers();
    const first = buffers.allocate(large + 7);
    buffers.release(first.subarray(0, 3));
    const again = buffers.allocate(large + 100);
    expect(again.buffer).toBe(first.buffer);
    expect(again.length).toBe(large + 100);
    expect(buffers.allocate(large + 100).buffer).not.toBe(first.buffer);
  });

  it('release: what was not made here is left alone', () => {
    const buffers = new FrameBuffers();
    const foreign = Buffer.alloc(2 * large, 7);
    buffers.release(foreign);
    expect(buffers.allocate(2 * large).buffer).not.toBe(foreign.buffer);
    expect(foreign.length).toBe(2 * large);
    const shared = buffers.allocate(10);
    buffers.release(shared);
    expect(shared.length).toBe(10);
  });

  it('release: more than is worth keeping is freed at once', () => {
    const buffers = new FrameBuffers();
    const size = nodeLimits.spareFrameBytesMax / 2;
    const taken = [1, 2, 3].map(() => buffers.allocate(size));
    for (const bytes of taken) buffers.release(bytes);
    expect(taken.map((bytes) => bytes.length)).toEqual([size, size, 0]);
  });

  it('freeChunk: frees memory that is the chunk’s alone, and none that others share', () => {
    const alone = Buffer.allocUnsafeSlow(1_000);
    freeChunk(alone);
    expect(alone.length).toBe(0);
    const whole = Buffer.allocUnsafeSlow(1_000);
    for (const part of [whole.subarray(1), whole.subarray(0, 999), whole.subarray(0, 0)]) freeChunk(part);
    expect(whole.length).toBe(1_000);
  });
});
