import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from '../../../src/shared/frame/frame-splitter.ts';
import { goawayFrame, isGoaway } from '../../../src/shared/frame/goaway.ts';
import { FrameError, frameHeaderBytes, replyMagic, writeU32 } from '../../../src/shared/frame/layout.ts';

const lengthMax = 4_096;

function frame(bytes: number, fill: number): Uint8Array {
  const made = new Uint8Array(bytes).fill(fill);
  writeU32(made, 0, replyMagic);
  writeU32(made, 4, bytes);
  return made;
}

function splitAt(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, index) => stream.subarray(start, places[index] ?? stream.length));
}

function split(chunks: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const splitter = new FrameSplitter(replyMagic, lengthMax, { allocate: (size) => new Uint8Array(size) }, (one) =>
    frames.push(one.slice()),
  );
  for (const chunk of chunks) splitter.push(chunk);
  return frames;
}

describe('frame splitter', () => {
  it('split: gives the same frames wherever the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: frameHeaderBytes, max: 300 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(4_000), { maxLength: 40 }), (lengths, cuts) => {
        const frames = lengths.map((length, index) => frame(length, index));
        const stream = new Uint8Array(Buffer.concat(frames));
        expect(split(splitAt(stream, cuts))).toEqual(frames);
      }),
    );
  });

  it('split: a frame that lies whole in a chunk is not copied', () => {
    const whole = frame(100, 1);
    let seen: Uint8Array | undefined;
    new FrameSplitter(replyMagic, lengthMax, { allocate: () => expect.fail('no memory is needed') }, (one) => {
      seen = one;
    }).push(whole);
    expect(seen).toBe(whole);
  });

  it.each([
    ['another magic', [1, 2, 3, 4, 40, 0, 0, 0]],
    ['a length below the header', [...frame(32, 0).subarray(0, 4), 31, 0, 0, 0]],
    ['a length above the bound', [...frame(32, 0).subarray(0, 4), 0, 0, 0, 1]],
  ])('refuse: %s, whole or byte by byte', (_name, bytes) => {
    expect(() => split([Uint8Array.from(bytes)])).toThrow(FrameError);
    expect(() => split(bytes.map((byte) => Uint8Array.of(byte)))).toThrow(FrameError);
  });

  it('goaway: is a frame that no reply is', () => {
    expect(split([goawayFrame()]).map(isGoaway)).toEqual([true]);
    expect(isGoaway(frame(frameHeaderBytes, 0))).toBe(false);
  });
});
