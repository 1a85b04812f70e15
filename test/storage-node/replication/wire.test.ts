import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError, writeU32 } from '../../../src/shared/frame/layout.ts';
import { limits } from '../../../src/shared/limits.ts';
import type { ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { readReplicationFrame } from '../../../src/storage-node/replication/wire/frame-reader.ts';
import { messageBytes, ReplicationFrameWriter } from '../../../src/storage-node/replication/wire/frame-writer.ts';
import {
  fixedBytes,
  kindOfMessageCode,
  messageCodes,
  replicationHeaderBytes,
} from '../../../src/storage-node/replication/wire/layout.ts';
import { seededRandom } from '../../support/operation-arbitraries.ts';
import { replicationMessages } from '../../support/replication-arbitraries.ts';

const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values);

function frameOf(messages: readonly ReplicationMessage[], number = 1): Uint8Array {
  // Filled, as memory that is used again is.
  const writer = new ReplicationFrameWriter({ allocate: (size) => new Uint8Array(size).fill(0xa5) });
  for (const message of messages) writer.add(message, messageBytes(message));
  return writer.take(number);
}

/** One of each kind, with items where there are any. */
const sample: ReplicationMessage[] = [
  {
    kind: 'append',
    slot: 4_095,
    epoch: 7,
    dataEpoch: 2,
    session: 0,
    committed: 9,
    entries: [
      { sequence: 10, hash: 0xffff_ffff, payload: bytesOf(1, 2, 3) },
      { sequence: 11, hash: 0, payload: bytesOf() },
    ],
  },
  { kind: 'ack', slot: 1, epoch: 7, session: 3, last: 11 },
  { kind: 'refuse', slot: 1, epoch: 8 },
  { kind: 'beacon', id: 5, slots: [0, 4_095], epochs: [7, 8] },
  { kind: 'promise', id: 5, refusedSlots: [4_095], refusedEpochs: [9] },
  { kind: 'query', slot: 1, epoch: 8, dataEpoch: 2, last: 10 },
  {
    kind: 'report',
    slot: 1,
    epoch: 8,
    last: 11,
    committed: 9,
    servedEpoch: 7,
    entries: [{ sequence: 11, hash: 4, payload: bytesOf(9) }],
  },
  { kind: 'join', slot: 1, epoch: 8, dataEpoch: 2, session: 4, committed: 11 },
  {
    kind: 'copy',
    slot: 1,
    epoch: 8,
    session: 4,
    batch: 1,
    final: true,
    parts: [{ sequence: 3, payload: bytesOf(7, 7) }],
  },
  { kind: 'copied', slot: 1, session: 4, batch: 1 },
  { kind: 'full', slot: 1, epoch: 8 },
];

/** Reads a frame that lies among other bytes, so that a read beyond it would find something. */
function readAmongOthers(frame: Uint8Array): ReplicationMessage[] | null {
  const around = new Uint8Array(frame.length + 128).fill(0xff);
  around.set(frame, 64);
  const inside = around.subarray(64, 64 + frame.length);
  try {
    const { messages } = readReplicationFrame(inside);
    // What is read as a frame has no other form in bytes, so that nothing in it went unnoticed.
    expect(frameOf(messages, readReplicationFrame(inside).number)).toEqual(new Uint8Array(inside));
    return messages;
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return null;
  }
}

describe('bytes of replication', () => {
  it('the older form: all of the sample but the served epoch', () => {
    const writer = new ReplicationFrameWriter({ allocate: (size) => new Uint8Array(size).fill(0xa5) });
    writer.form = 1;
    for (const message of sample) writer.add(message, messageBytes(message, 1));
    const { messages } = readReplicationFrame(writer.take(1), 1);
    expect(messages).toEqual(sample.map((one) => (one.kind === 'report' ? { ...one, servedEpoch: 0 } : one)));
  });

  it('sizes()', () => {
    expect(kindOfMessageCode.filter((kind) => kind !== undefined)).toEqual(sample.map(({ kind }) => kind));
    expect(Object.keys(messageCodes)).toEqual(Object.keys(fixedBytes));
    expect(sample.map((message) => messageBytes(message))).toEqual([
      36 + 2 * 16 + 3,
      32,
      16,
      24 + 2 * 6,
      24 + 6,
      28,
      36 + 16 + 1,
      36,
      28 + 12 + 2,
      28,
      16,
    ]);
    expect(replicationHeaderBytes).toBe(32);
  });

  it('every kind: read as it was written', () => {
    expect(readReplicationFrame(frameOf(sample, 2 ** 40))).toEqual({ number: 2 ** 40, messages: sample });
    fc.assert(
      fc.property(fc.array(replicationMessages, { maxLength: 8 }), fc.maxSafeNat(), (messages, number) => {
        expect(readReplicationFrame(frameOf(messages, number))).toEqual({ number, messages });
      }),
      { numRuns: 500, seed: 20_271 },
    );
  });

  it('the largest item fits a message', () => {
    const payload = new Uint8Array(limits.itemSizeBytesMax + 300).fill(1);
    const entries = [{ sequence: 1, hash: 2, payload }];
    const frame = frameOf([{ kind: 'report', slot: 1, epoch: 8, last: 1, committed: 0, servedEpoch: 0, entries }]);
    const [message] = readReplicationFrame(frame).messages as [Extract<ReplicationMessage, { kind: 'report' }>];
    expect(Buffer.compare(message.entries[0]!.payload, payload)).toBe(0);
  });

  it('slots of all the fleet fit a beacon', () => {
    const slots = Array.from({ length: 4_096 }, (_, slot) => slot);
    const message: ReplicationMessage = { kind: 'beacon', id: 1, slots, epochs: slots.map((slot) => slot * 1_000) };
    expect(readReplicationFrame(frameOf([message])).messages).toEqual([message]);
  });

  it('gathering: a writer begins anew after a frame, and when told to', () => {
    const writer = new ReplicationFrameWriter({ allocate: (size) => new Uint8Array(size) });
    writer.add(sample[1]!, messageBytes(sample[1]!));
    expect({ messages: writer.messages, bytes: writer.bytes }).toEqual({ messages: 1, bytes: 64 });
    writer.take(1);
    writer.add(sample[0]!, messageBytes(sample[0]!));
    writer.clear();
    writer.add(sample[2]!, messageBytes(sample[2]!));
    expect(readReplicationFrame(writer.take(2))).toEqual({ number: 2, messages: [sample[2]] });
  });

  it('beacon whose epochs are not as many as its slots: not written', () => {
    expect(() => frameOf([{ kind: 'beacon', id: 1, slots: [1, 2], epochs: [1] }])).toThrow(RangeError);
  });
});

describe('payloads that were read', () => {
  const entries = (...lengths: number[]): ReplicationMessage => ({
    ...(sample[0] as Extract<ReplicationMessage, { kind: 'append' }>),
    entries: lengths.map((length, index) => ({
      sequence: index + 1,
      hash: index,
      payload: new Uint8Array(length).fill(index + 1),
    })),
  });
  const payloadsOf = (frame: Uint8Array): Uint8Array[] =>
    readReplicationFrame(frame).messages.flatMap((message) =>
      'entries' in message ? message.entries.map(({ payload }) => payload) : [],
    );

  it('outlive the frame', () => {
    const message = entries(20, 3_000, 0, 100_000, 20);
    const frame = frameOf([message]);
    const { messages } = readReplicationFrame(frame);
    frame.fill(0xee);
    expect(messages).toEqual([message]);
  });

  it('kept: a small one holds at most 4 KiB of others, a large one only itself', () => {
    const lengths = Array.from({ length: 2_000 }, (_, index) => (index % 50 === 0 ? 5_000 : index % 300));
    const payloads = payloadsOf(frameOf([entries(...lengths), entries(...lengths)]));
    expect(payloads.length).toBe(4_000);
    for (const { buffer, length } of payloads) expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(4_096, length));
    expect(payloads.filter(({ length, buffer }) => length >= 1_024 && buffer.byteLength !== length)).toEqual([]);
    // And sharing it is: a piece for each would be 3,920.
    expect(new Set(payloads.map(({ buffer }) => buffer)).size).toBeLessThan(300);
  });

  it('alone in their frame: no more memory than they need', () => {
    expect(payloadsOf(frameOf([entries(20)]))[0]!.buffer.byteLength).toBe(20);
  });
});

describe('bytes that are no replication frame', () => {
  it('corrupted at any byte: refused, or read as what they say', () => {
    const frame = frameOf(sample);
    const seen = { refused: 0, read: 0 };
    for (let index = 0; index < frame.length; index++)
      for (const value of [0, 1, 2, 0x7f, 0x80, 0xff, frame[index]! ^ 1, frame[index]! ^ 0x10])
        seen[readAmongOthers(frame.with(index, value)) === null ? 'refused' : 'read']++;
    expect(Math.min(seen.refused, seen.read)).toBeGreaterThan(500);
  });

  it('cut off at any byte, with the length made to fit: refused', () => {
    const frame = frameOf(sample);
    for (let length = 0; length < frame.length; length++) {
      const cut = frame.slice(0, length);
      if (length >= 8) writeU32(cut, 4, length);
      expect(readAmongOthers(cut)).toBe(null);
    }
  });

  it('random bytes behind a header, and many bytes changed: refused, or read as what they say', () => {
    const random = seededRandom(20_272);
    const byte = (): number => Math.floor(random() * 256);
    const frames = fc
      .sample(fc.array(replicationMessages, { minLength: 1, maxLength: 5 }), { seed: 20_273, numRuns: 80 })
      .map((messages) => frameOf(messages));
    let read = 0;
    for (let round = 0; round < 20_000; round++) {
      const frame = frames[round % frames.length]!.slice(0, 8 + Math.floor(random() * 2_000));
      if (frame.length < replicationHeaderBytes) continue;
      const changes = 1 + Math.floor(random() ** 3 * 40);
      for (let i = 0; i < changes; i++) frame[20 + Math.floor(random() * (frame.length - 20))] = byte();
      writeU32(frame, 4, frame.length);
      if (readAmongOthers(frame) !== null) read++;
    }
    for (let round = 0; round < 20_000; round++) {
      const frame = frameOf([]).slice();
      const body = Uint8Array.from({ length: Math.floor(random() * 100) }, byte);
      if (body.length > 0) body[0] = Math.floor(random() * 12);
      const whole = new Uint8Array(frame.length + body.length);
      whole.set(frame);
      whole.set(body, frame.length);
      writeU32(whole, 4, whole.length);
      writeU32(whole, 16, 1 + Math.floor(random() * 3));
      if (readAmongOthers(whole) !== null) read++;
    }
    expect(read).toBeGreaterThan(200);
  });

  /** Where the head and the fixed part of the only message of a frame begin. */
  const head = replicationHeaderBytes;
  const fixed = head + 16;
  const only = (kind: ReplicationMessage['kind']): Uint8Array => frameOf(sample.filter((one) => one.kind === kind));
  const withU32 = (frame: Uint8Array, at: number, value: number): Uint8Array => {
    writeU32(frame, at, value);
    return frame;
  };

  it.each([
    ['another magic', withU32(only('ack'), 0, 0x31515747)],
    ['another length', withU32(only('ack'), 4, 65)],
    ['a field that nobody knows', withU32(only('ack'), 24, 1)],
    ['more messages than there are', withU32(only('ack'), 16, 2)],
    ['fewer messages than there are', withU32(only('ack'), 16, 0)],
    ['a kind that nobody knows', only('ack').with(head, 11)],
    ['a flag where there is none', only('ack').with(head + 1, 1)],
    ['a flag that nobody knows', only('copy').with(head + 1, 3)],
    ['a slot beyond the last', only('ack').with(head + 3, 0x10)],
    ['a slot beyond the last in a beacon', only('beacon').with(fixed + 8 + 1, 0x10)],
    ['a slot where there is none', only('promise').with(head + 2, 1)],
    ['an epoch where there is none', only('copied').with(head + 8, 1)],
    ['items where there are none', only('ack').with(head + 12, 1)],
    ['more items than there are', only('report').with(head + 12, 2)],
    ['fewer items than there are', only('beacon').with(head + 12, 1)],
    ['items beyond any memory', withU32(only('append'), head + 12, 0xffff_ffff)],
    ['a payload beyond its message', withU32(only('report'), fixed + 20 + 12, 2)],
    ['a payload beyond any memory', withU32(only('copy'), fixed + 12 + 8, 0xffff_ffff)],
    ['a number that is none', withU32(only('ack'), fixed + 4, 0x20_0000)],
    ['a message shorter than its fixed part', withU32(only('ack'), head + 4, 31)],
    ['a message of no length', withU32(only('refuse'), head + 4, 0)],
  ])('%s: refused', (_name, frame) => {
    expect(() => readReplicationFrame(frame)).toThrow(FrameError);
  });
});
