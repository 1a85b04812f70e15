import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as layout from '../../../src/shared/frame/layout.ts';
import { operationBytes } from '../../../src/shared/frame/request-writer.ts';
import { hopLimits, limits } from '../../../src/shared/limits.ts';
import { resultStatuses, ttlModes, valueConditionKinds } from '../../../src/shared/operation.ts';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { target, testCache } from '../../support/fleet-state.ts';
import { int64Max, int64Min } from '../../support/operation-arbitraries.ts';
import { requestFrame } from '../../support/storage.ts';

describe('frame layout', () => {
  it('sizes()', () => {
    expect(Buffer.from('GWQ1').readUInt32LE()).toBe(layout.requestMagic);
    expect(Buffer.from('GWR1').readUInt32LE()).toBe(layout.replyMagic);
    expect(layout.frameHeaderBytes).toBe(32);
    expect(layout.operationHeaderBytes).toBe(24);
    expect(layout.resultHeaderBytes).toBe(12);
    expect(layout.itemHeadBytes).toBe(4 + 8 + 4 + 4 + 1);
    expect(layout.traceBytes).toBe(24);
    expect(layout.idempotencyBytes).toBe(32);
    expect(layout.versionBytes).toBe(12);
    expect(layout.incrementBytes).toBe(25);
    expect(layout.publishHeadBytes).toBe(3);
    expect(layout.topicsHeadBytes).toBe(2);
    expect(layout.topicPositionBytes).toBe(16);
    const get = { kind: 'get', ...target(testCache(), 'four') } as const;
    expect(operationBytes(get, null)).toBe(28);
    expect(requestFrame([get]).length).toBe(60);
  });

  it('codes on the wire do not move: a rolling upgrade speaks both', () => {
    expect(layout.operationCodes).toEqual({
      get: 1,
      describe: 2,
      set: 3,
      delete: 4,
      take: 5,
      swap: 6,
      increment: 7,
      ttl: 8,
      claim: 9,
      publish: 10,
      topic: 11,
      topics: 12,
    });
    expect(layout.operationKindOfCode).toEqual([undefined, ...Object.keys(layout.operationCodes)]);
    expect(resultStatuses.slice(0, 4)).toEqual(['done', 'missing', 'condition_not_met', 'bound_reached']);
    expect(layout.statusCode.failed).toBe(16);
    expect([...layout.valueConditionCode.entries()]).toEqual(valueConditionKinds.map((kind, index) => [kind, index]));
    expect([...layout.ttlModeCode.entries()]).toEqual(ttlModes.map((mode, index) => [mode, index]));
  });

  it('numbers fit their fields', () => {
    expect(limits.keySizeBytesMax).toBeLessThanOrEqual(0xffff);
    expect(limits.contentTypeBytesMax).toBeLessThanOrEqual(0xff);
    expect(limits.ttlMsMax).toBeLessThanOrEqual(0xffff_ffff);
    expect(limits.etagsPerConditionMax).toBeLessThan(layout.anyVersion);
    expect(hopLimits.topicReportsMax).toBeLessThanOrEqual(0xffff);
    expect(topicLimits.nameBytesMax).toBeLessThanOrEqual(limits.keySizeBytesMax);
    expect(topicLimits.tokenIdBytesMax).toBeLessThanOrEqual(0xffff);
    expect(resultStatuses.length).toBeLessThanOrEqual(0xff);
    // The largest item, conditioned by a value as large, travels in one frame.
    expect(2 * limits.itemSizeBytesMax + 16 * 1024).toBeLessThanOrEqual(nodeLimits.requestFrameBytesMax);
  });

  it('integers come back as they were written', () => {
    const bytes = new Uint8Array(16);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff_ffff }), (u16, u32) => {
        layout.writeU16(bytes, 1, u16);
        layout.writeU32(bytes, 5, u32);
        return layout.readU16(bytes, 1) === u16 && layout.readU32(bytes, 5) === u32;
      }),
    );
    for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1, 2 ** 48, Number.MAX_SAFE_INTEGER]) {
      layout.writeU64(bytes, 3, value);
      expect(layout.readU64(bytes, 3)).toBe(value);
      expect(Buffer.from(bytes).readBigUInt64LE(3)).toBe(BigInt(value));
    }
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt({ min: int64Min, max: int64Max }), fc.constantFrom(int64Min, -1n, 0n, int64Max)),
        (value) => {
          layout.writeI64(bytes, 5, value);
          return layout.readI64(bytes, 5) === value && Buffer.from(bytes).readBigInt64LE(5) === value;
        },
      ),
    );
  });
});
