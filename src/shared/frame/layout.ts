/**
 * The one wire format between the tiers: gateway → node, later node → node. A request frame is the body of
 * a POST, a reply frame the body of its answer. All integers are little-endian.
 *
 * Goals: many operations in one frame; nothing is parsed that is not needed; a reply that does not belong to
 * its request cannot go unnoticed (64-bit frame id, and slot and key hash of each operation, echoed).
 * Non-goals: self-description, compression, use across the Internet.
 *
 * Request frame
 *
 *   0      4       8            16     20        24          28     30    32
 *   ┌──────┬───────┬────────────┬──────┬─────────┬───────────┬──────┬─────┬─────────────┐
 *   │ GWQ1 │ bytes │ frame id   │ view │ registry│ deadline  │ ops  │  –  │ operations… │
 *   │ u32  │ u32   │ 2 × u32    │ u32  │ u32     │ ms, u32   │ u16  │ u16 │             │
 *   └──────┴───────┴────────────┴──────┴─────────┴───────────┴──────┴─────┴─────────────┘
 *
 * Operation
 *
 *   0    1     2      4        8       12      14   16      20        24
 *   ┌────┬─────┬──────┬────────┬───────┬───────┬────┬───────┬─────────┬─────┬──────────────────────────────┐
 *   │code│flags│ slot │ hash   │ names-│ key   │  – │ rest  │ ttl     │ key │ [trace 24] [idempotency 32]  │
 *   │ u8 │ u8  │ u16  │ u32    │ pace  │ bytes │    │ bytes │ ms, u32 │  …  │ [condition: u32 bytes, …]    │
 *   │    │     │      │        │ u32   │ u16   │    │ u32   │         │     │ payload by code              │
 *   └────┴─────┴──────┴────────┴───────┴───────┴────┴───────┴─────────┴─────┴──────────────────────────────┘
 *   `rest bytes` counts everything after the key.
 *   Payloads: set, swap: u8 length and bytes of the content type (0 = octet-stream), then the value;
 *   increment: i64 amount, i64 min, i64 max, u8 flags (1 min, 2 max, 4 TTL on creation only); ttl: u8 mode;
 *   publish: u8 flags (1 text), u16 length and UTF-8 of the token id, then the value;
 *   topics: u16 limit, then the name to begin after; the others: none.
 *   Of publish, topic and topics the namespace is the cache's topic space and the key the topic's name; of topics
 *   the key is the prefix of names, and the hash any of a slot of the node.
 *
 * Condition: u8 parts (1 value, 2 if-match, 4 if-none-match); value: u8 kind, u32 bytes, bytes;
 *   each list: u16 count (0xffff = `*`), then versions of 12 bytes (data epoch u32, sequence u32 low, u32 high).
 *
 * Reply frame
 *
 *   0      4       8            16     20        24          28     30    32
 *   ┌──────┬───────┬────────────┬──────┬─────────┬───────────┬──────┬─────┬──────────┐
 *   │ GWR1 │ bytes │ frame id   │ view │ registry│ service   │ ops  │  –  │ results… │
 *   │ u32  │ u32   │ echoed     │ u32  │ u32     │ µs, u32   │ u16  │ u16 │          │
 *   └──────┴───────┴────────────┴──────┴─────────┴───────────┴──────┴─────┴──────────┘
 *
 * Result
 *
 *   0      1     2      4      8        12
 *   ┌──────┬─────┬──────┬──────┬────────┬──────────────────────────────────────────────────────────────┐
 *   │status│flags│ slot │ hash │ rest   │ when flag `item`: data epoch u32, sequence u32 low, u32 high, │
 *   │ u8   │ u8  │ u16  │ u32  │ bytes  │ ttl ms u32, value length u32, content type u8 + bytes,        │
 *   │      │     │ echo │ echo │ u32    │ value bytes (flag `value`)                                    │
 *   └──────┴─────┴──────┴──────┴────────┴──────────────────────────────────────────────────────────────┘
 *   The value of publish is the message's position (page u64, sequence u64), that of topic and topics is JSON
 *   (`topic-results.ts`).
 */
import type { OperationKind, ResultStatus } from '../operation.ts';
import { resultStatuses, ttlModes, valueConditionKinds } from '../operation.ts';

export const requestMagic = 0x31515747;
export const replyMagic = 0x31525747;
export const frameHeaderBytes = 32;
export const operationHeaderBytes = 24;
export const resultHeaderBytes = 12;
/** The fixed part of an item in a result: version, TTL, value length, content type's length. */
export const itemHeadBytes = 21;
export const traceBytes = 24;
export const idempotencyBytes = 32;
export const versionBytes = 12;
export const incrementBytes = 25;
/** The fixed part of the payload of publish: flags and the token id's length. */
export const publishHeadBytes = 3;
export const topicsHeadBytes = 2;
export const topicPositionBytes = 16;
export const anyVersion = 0xffff;

/** From `publish` on they are on topics: their namespace is a topic space. */
export const operationCodes: Record<OperationKind, number> = {
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
};
export const operationKindOfCode: readonly (OperationKind | undefined)[] = [
  undefined,
  ...(Object.entries(operationCodes)
    .sort((a, b) => a[1] - b[1])
    .map(([kind]) => kind) as OperationKind[]),
];

/** The first three announce a part; `balanced`, of get and describe, says that any in-sync copy may answer. */
export const operationFlags = { trace: 1, idempotency: 2, condition: 4, balanced: 8 } as const;
export const resultFlags = { item: 1, value: 2, replayed: 4, existed: 8 } as const;
export const conditionParts = { value: 1, ifMatch: 2, ifNoneMatch: 4 } as const;
export const publishFlags = { text: 1 } as const;
export const incrementFlags = { min: 1, max: 2, ttlOnCreateOnly: 4 } as const;

export const statusCode: Record<ResultStatus, number> = Object.fromEntries(
  resultStatuses.map((status, index) => [status, index]),
) as Record<ResultStatus, number>;
export const valueConditionCode = new Map(valueConditionKinds.map((kind, index) => [kind, index]));
export const ttlModeCode = new Map(ttlModes.map((mode, index) => [mode, index]));

/** The bytes are not a frame of this format, or not the answer to the frame that was sent. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Unsigned. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Two words, low first; exact up to 2^53. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 4) * 0x1_0000_0000 + readU32(bytes, at);
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value >>> 0);
  writeU32(bytes, at + 4, Math.floor(value / 0x1_0000_0000));
}

/** Signed 64-bit integer, two's complement. */
export function readI64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readU32(bytes, at + 4) | 0) << 32n) | BigInt(readU32(bytes, at));
}

export function writeI64(bytes: Uint8Array, at: number, value: bigint): void {
  writeU32(bytes, at, Number(value & 0xffff_ffffn));
  writeU32(bytes, at + 4, Number((value >> 32n) & 0xffff_ffffn));
}
