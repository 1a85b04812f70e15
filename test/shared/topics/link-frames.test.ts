import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from '../../../src/shared/frame/frame-splitter.ts';
import { FrameError, readU32, writeU16 } from '../../../src/shared/frame/layout.ts';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import {
  encodeSubscribe,
  encodeTopicFrame,
  readSubscribe,
  readTopicFrame,
  type SubscribeFrame,
  type TopicFrame,
} from '../../../src/shared/topics/link-frames.ts';
import {
  joinFrom,
  refusalReasons,
  subscribeKinds,
  subscribeMagic,
  topicKinds,
  topicMagic,
} from '../../../src/shared/topics/link-layout.ts';
import { encodeMessage, readMessage, type TopicMessageFrame } from '../../../src/shared/topics/message-frame.ts';

type Told = Exclude<TopicFrame, { kind: 'message' }>;

const word = fc.nat({ max: 0xffff_ffff });
const long = fc.maxSafeNat();
const name = fc.uint8Array({ maxLength: topicLimits.nameBytesMax }).map((bytes) => String.fromCharCode(...bytes));
const reason = fc.constantFrom(...(Object.keys(refusalReasons) as (keyof typeof refusalReasons)[]));
const kind = <Kind extends string>(text: Kind) => fc.constant(text);

const subscribe: fc.Arbitrary<SubscribeFrame> = fc.oneof(
  fc.record({
    kind: kind('join'),
    question: word,
    space: word,
    hash: word,
    name,
    from: fc.constantFrom(...(Object.keys(joinFrom) as (keyof typeof joinFrom)[])),
    position: fc.record({ page: long, sequence: long }),
  }),
  fc.record({ kind: kind('leave'), topic: word }),
  fc.record({ kind: kind('count'), topic: word, subscribers: long }),
  fc.record({ kind: kind('watch'), watch: word, space: word, prefix: name }),
  fc.record({ kind: kind('unwatch'), watch: word }),
);

const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({
    kind: kind('joined'),
    question: word,
    topic: word,
    page: long,
    lastSequence: long,
    firstSequence: long,
    nowMs: long,
    count: word,
  }),
  fc.record({ kind: kind('position'), topic: word, page: long, lastSequence: long }),
  fc.record({ kind: kind('announced'), watch: word, topic: word, name, page: long, lastSequence: long }),
  fc.record({ kind: kind('watched'), watch: word }),
  fc.record({ kind: kind('refused'), question: word, reason }),
  fc.record({ kind: kind('ended'), topic: word, reason }),
  fc.record({ kind: kind('alive') }),
);

const message: fc.Arbitrary<TopicMessageFrame> = fc.record({
  topic: word,
  page: long,
  sequence: long,
  publishedMs: long,
  text: fc.boolean(),
  tokenId: fc.string({ unit: 'grapheme', maxLength: 64 }).filter((text) => text.isWellFormed()),
  value: fc.uint8Array({ maxLength: 300 }),
});
const encoded = (one: TopicMessageFrame) => encodeMessage(one, (size) => new Uint8Array(size).fill(0xa5));

/** The frames that a link would see in these bytes, cut at these places. */
function split(magic: number, bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const memory = { allocate: (size: number) => new Uint8Array(size) };
  const splitter = new FrameSplitter(magic, topicLimits.linkFrameBytesMax, memory, (frame) => frames.push(frame));
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i++) splitter.push(bytes.slice(places[i - 1], places[i]));
  return frames;
}

const joined = (frames: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(frames));

/** What each reader makes of the first so many bytes of a frame. */
function expectCutOff(read: (bytes: Uint8Array) => unknown, frame: Uint8Array): void {
  for (let length = 0; length < frame.length; length++)
    expect(() => read(frame.slice(0, length)), `${length} of ${frame.length} bytes`).toThrow(FrameError);
}

describe('topic link, gateway to node', () => {
  it('round trip: every frame, however the link cuts the bytes', () => {
    fc.assert(
      fc.property(fc.array(subscribe, { minLength: 1, maxLength: 5 }), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = joined(frames.map(encodeSubscribe));
        expect(split(subscribeMagic, bytes, cuts).map(readSubscribe)).toEqual(frames);
      }),
      { seed: 42, numRuns: 300 },
    );
  });

  it('a frame that is cut off is none, at any byte', () => {
    fc.assert(
      fc.property(subscribe, (frame) => expectCutOff(readSubscribe, encodeSubscribe(frame))),
      { seed: 43, numRuns: 20 },
    );
  });

  it('bytes after the name are no part of any frame', () => {
    const frame = encodeSubscribe({ kind: 'watch', watch: 1, space: 1, prefix: 'a' });
    expect(() => readSubscribe(joined([frame, Uint8Array.of(0)]))).toThrow(FrameError);
  });

  it('unknown kinds and starts are none', () => {
    const kinds: number[] = Object.values(subscribeKinds);
    for (let code = 0; code < 256; code++) {
      const frame = encodeSubscribe({ kind: 'leave', topic: 1 });
      frame[8] = code;
      if (!kinds.includes(code)) expect(() => readSubscribe(frame), `${code}`).toThrow(FrameError);
    }
    const position = { page: 1, sequence: 1 };
    const join = encodeSubscribe({ kind: 'join', question: 1, space: 1, hash: 1, name: 'a', from: 'after', position });
    for (let code = Object.keys(joinFrom).length; code < 256; code++) {
      join[9] = code;
      expect(() => readSubscribe(join), `${code}`).toThrow(FrameError);
    }
  });
});

describe('topic link, node to gateway', () => {
  it('round trip: every frame, however the link cuts the bytes', () => {
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 5 }), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = joined(frames.map(encodeTopicFrame));
        expect(split(topicMagic, bytes, cuts).map(readTopicFrame)).toEqual(frames);
      }),
      { seed: 44, numRuns: 300 },
    );
  });

  it('a frame that is cut off is none, at any byte', () => {
    fc.assert(
      fc.property(told, (frame) => expectCutOff(readTopicFrame, encodeTopicFrame(frame))),
      { seed: 45, numRuns: 20 },
    );
  });

  it('unknown kinds and reasons are none', () => {
    const kinds: number[] = Object.values(topicKinds);
    for (let code = 0; code < 256; code++) {
      const frame = encodeTopicFrame({ kind: 'alive' });
      frame[8] = code;
      if (!kinds.includes(code)) expect(() => readTopicFrame(frame), `${code}`).toThrow(FrameError);
    }
    for (const kind of ['refused', 'ended'] as const) {
      const reasons: number[] = Object.values(refusalReasons);
      for (let code = 0; code < 256; code++) {
        const frame = encodeTopicFrame({ kind, question: 1, topic: 1, reason: 'moved' });
        frame[9] = code;
        if (!reasons.includes(code)) expect(() => readTopicFrame(frame), `${kind} ${code}`).toThrow(FrameError);
      }
    }
  });

  it('random bytes of a frame’s length are a frame or a FrameError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 9, maxLength: 120 }), fc.integer({ min: 0, max: 10 }), (bytes, code) => {
        bytes[8] = code;
        for (const read of [readSubscribe, readTopicFrame])
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError);
          }
      }),
      { seed: 46, numRuns: 500 },
    );
  });
});

describe('message frame', () => {
  it('round trip: value, kind, position and a token id of any text', () => {
    fc.assert(
      fc.property(message, (one) => {
        const frame = encoded(one);
        expect(readU32(frame, 4)).toBe(frame.length);
        expect(readMessage(frame)).toEqual(one);
        expect(readTopicFrame(frame)).toEqual({ kind: 'message', message: one });
      }),
      { seed: 47, numRuns: 300 },
    );
  });

  it('token id: text beyond ASCII is kept as it is, and counted in bytes', () => {
    const one = { topic: 1, page: 2, sequence: 3, publishedMs: 4, text: true, value: Uint8Array.of(0x61) };
    for (const tokenId of ['', 'Zoë', '名前', '🦜'.repeat(64), '\ufeffmarked']) {
      const frame = encoded({ ...one, tokenId });
      expect(readMessage(frame)).toEqual({ ...one, tokenId });
      expect(frame.length).toBe(40 + Buffer.byteLength(tokenId) + 1);
    }
  });

  it('value: is a view of the frame, and may be empty', () => {
    const frame = encoded({
      topic: 1,
      page: 1,
      sequence: 1,
      publishedMs: 1,
      text: false,
      tokenId: 'me',
      value: new Uint8Array(0),
    });
    const { value, tokenId } = readMessage(frame);
    expect([value.length, tokenId]).toEqual([0, 'me']);
    expect(value.buffer).toBe(frame.buffer);
  });

  it('cut off before its value is none; the splitter sees to the rest', () => {
    const frame = encoded({
      topic: 1,
      page: 1,
      sequence: 1,
      publishedMs: 1,
      text: true,
      tokenId: 'token',
      value: Uint8Array.of(1, 2, 3),
    });
    expectCutOff(readTopicFrame, frame.slice(0, 45));
    expect(split(topicMagic, frame, [44, 46])).toHaveLength(1);
    expect(split(topicMagic, frame.slice(0, 46), [])).toEqual([]);
    writeU16(frame, 10, 9);
    expect(() => readTopicFrame(frame)).toThrow(FrameError);
  });
});
