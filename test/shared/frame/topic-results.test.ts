import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../src/shared/frame/layout.ts';
import {
  encodeTopicReports,
  type TopicReport,
  topicPositionOf,
  topicReportsOf,
  writeTopicPosition,
} from '../../../src/shared/frame/topic-results.ts';
import { type OperationResult, octetStream } from '../../../src/shared/operation.ts';

function resultOf(value: Uint8Array): OperationResult {
  const version = { dataEpoch: 1, sequence: 0 };
  const item = { version, ttlMs: 0, valueLength: value.length, contentType: octetStream, value };
  return { status: 'done', item, replayed: false, existed: false, nodeMicros: 0 };
}

describe('results on topics', () => {
  it('a position comes back as it was written, up to 2^53', () => {
    for (const position of [
      { page: 0, sequence: 0 },
      { page: 1_879_048_192_000_001, sequence: 17 },
      { page: Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER },
    ]) {
      const bytes = new Uint8Array(20).fill(0xa5);
      writeTopicPosition(bytes, 2, position);
      expect(topicPositionOf(resultOf(bytes.subarray(2, 18)))).toEqual(position);
      expect([bytes[1], bytes[18]]).toEqual([0xa5, 0xa5]);
    }
  });

  it('what is no position is refused', () => {
    expect(() => topicPositionOf(resultOf(new Uint8Array(15)))).toThrow(FrameError);
    expect(() => topicPositionOf({ ...resultOf(new Uint8Array(16)), item: null })).toThrow(FrameError);
    expect(() => topicReportsOf({ ...resultOf(new Uint8Array(0)), item: null })).toThrow(FrameError);
  });

  it('reports come back with every byte that a name may have', () => {
    const name = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    const report: TopicReport = {
      name,
      page: 2 ** 52,
      sequence: 3,
      subscribers: 4,
      retainedMessages: 5,
      retainedBytes: 6,
      messagesPerSecond: 0.25,
      bytesPerSecond: 1e-7,
    };
    expect(topicReportsOf(resultOf(encodeTopicReports([report, { ...report, name: '' }])))).toEqual([
      report,
      { ...report, name: '' },
    ]);
  });
});
