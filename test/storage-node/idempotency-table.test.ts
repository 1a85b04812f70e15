import { describe, expect, it } from 'vitest';
import { limits } from '../../src/shared/limits.ts';
import { IdempotencyTable } from '../../src/storage-node/idempotency-table.ts';
import { nodeLimits } from '../../src/storage-node/limits.ts';

/** 16 bytes of id and 16 of fingerprint, with some bytes in front as in a frame. */
function mark(id: number, fingerprint = 1): Uint8Array {
  const bytes = new Uint8Array(3 + 32);
  new DataView(bytes.buffer).setUint32(3, id);
  bytes.fill(fingerprint, 3 + 16);
  return bytes;
}
const slot = 7;
const answer = Uint8Array.from([0, 1, 2]);

describe('idempotency table', () => {
  it('recall: new, then the first answer, and refuses another request', () => {
    const table = new IdempotencyTable(10_000);
    expect(table.recall(mark(1), 3, 0)).toBe('new');
    table.remember(slot, mark(1), 3, answer, 0);
    expect(table.recall(mark(1), 3, 0)).toEqual(Buffer.from(answer));
    expect(table.recall(mark(1, 2), 3, 0)).toBe('other_request');
    expect(table.recall(mark(2), 3, 0)).toBe('new');
  });

  it('remember: keeps a copy, since the frame it lies in is given away', () => {
    // `slice` of a Buffer is a view: once each record kept its whole frame in memory.
    for (const given of [answer.slice(), Buffer.from(answer)]) {
      const table = new IdempotencyTable(10_000);
      table.remember(slot, mark(1), 3, given, 0);
      given.fill(9);
      expect(new Uint8Array(table.recall(mark(1), 3, 0) as Uint8Array)).toEqual(answer);
    }
  });

  it('a record holds to the last millisecond of its window and not after', () => {
    const table = new IdempotencyTable(10_000);
    table.remember(slot, mark(1), 3, answer, 5);
    expect(table.recall(mark(1, 2), 3, 5 + limits.idempotencyWindowMs - 1)).toBe('other_request');
    expect(table.recall(mark(1, 2), 3, 5 + limits.idempotencyWindowMs)).toBe('new');
  });

  it('no room: known marks are still answered, and expired ones make room', () => {
    const table = new IdempotencyTable(2 * nodeLimits.idempotencyRecordBytes);
    table.remember(slot, mark(1), 3, answer, 0);
    table.remember(slot, mark(2), 3, answer, 10);
    expect(table.recall(mark(3), 3, 20)).toBe('no_room');
    expect(table.recall(mark(1), 3, 20)).toEqual(Buffer.from(answer));
    table.prune(limits.idempotencyWindowMs);
    expect(table.size).toBe(1);
    expect(table.recall(mark(3), 3, limits.idempotencyWindowMs)).toBe('new');
  });

  it('bytes come back to zero when all records are gone', () => {
    const table = new IdempotencyTable(1e9);
    for (let id = 0; id < 100; id++) table.remember(slot, mark(id), 3, new Uint8Array(id), 0);
    table.remember(slot, mark(5), 3, answer, 1);
    expect(table.bytes).toBe(100 * nodeLimits.idempotencyRecordBytes + (99 * 100) / 2 - 5 + 3);
    for (let i = 0; i < 10; i++) table.prune(1 + limits.idempotencyWindowMs);
    expect([table.size, table.bytes]).toEqual([0, 0]);
  });

  it('prune: a bounded number at a time', () => {
    const table = new IdempotencyTable(1e9);
    for (let id = 0; id < 1_000; id++) table.remember(slot, mark(id), 3, answer, 0);
    table.prune(limits.idempotencyWindowMs);
    expect(table.size).toBe(1_000 - nodeLimits.idempotencyPrunedPerFrameMax);
  });

  it('large frames of marked writes make no more records than expire: expired ones never keep new ones out', () => {
    // A frame brings up to 512 marks but prunes 64: without pruning as they are added, the table fills with expired records.
    const recordsMax = 1_000;
    const table = new IdempotencyTable(recordsMax * (nodeLimits.idempotencyRecordBytes + answer.length));
    let id = 0;
    for (let frame = 0; frame < 100; frame++) {
      const nowMs = frame * limits.idempotencyWindowMs;
      table.prune(nowMs);
      for (let i = 0; i < 512; i++, id++) {
        expect(table.recall(mark(id), 3, nowMs)).toBe('new');
        table.remember(slot, mark(id), 3, answer, nowMs);
      }
    }
  });

  it('restore: a copy answers as its primary does, for as long', () => {
    const primary = new IdempotencyTable(10_000);
    primary.remember(slot, mark(1), 3, answer, 0);
    primary.remember(slot + 1, mark(2), 3, answer, 0);
    const copy = new IdempotencyTable(10_000);
    const records = [...primary.recordsOf(slot, () => 1_000)];
    expect(records.map(({ remainingMs }) => remainingMs)).toEqual([limits.idempotencyWindowMs - 1_000]);
    for (const record of records) copy.restore(slot, record, 50_000);
    expect(copy.recall(mark(1), 3, 50_000)).toEqual(Buffer.from(answer));
    expect(copy.recall(mark(1, 2), 3, 50_000)).toBe('other_request');
    expect(copy.recall(mark(2), 3, 50_000)).toBe('new');
    const endsMs = 50_000 + limits.idempotencyWindowMs - 1_000;
    expect([copy.recall(mark(1, 2), 3, endsMs - 1), copy.recall(mark(1, 2), 3, endsMs)]).toEqual([
      'other_request',
      'new',
    ]);
  });

  it('restore: of two records of one id the later one holds, in whatever order they come', () => {
    const older = { id: mark(1).subarray(3, 19), fingerprint: new Uint8Array(16), remainingMs: 10, result: answer };
    const newer = { ...older, remainingMs: 20, result: Uint8Array.from([9]) };
    for (const records of [
      [older, newer],
      [newer, older],
    ]) {
      const table = new IdempotencyTable(10_000);
      for (const record of records) table.restore(slot, record, 0);
      expect(table.size).toBe(1);
      expect([...table.recordsOf(slot, () => 0)].map(({ result }) => [...result])).toEqual([[9]]);
    }
  });

  it('restore: takes more than a primary would, up to a bound, and counts what it does not', () => {
    const each = nodeLimits.idempotencyRecordBytes + answer.length;
    const table = new IdempotencyTable(2 * each);
    const record = (id: number) => ({
      id: mark(id).subarray(3, 19),
      fingerprint: new Uint8Array(16),
      remainingMs: 1_000,
      result: answer,
    });
    for (let id = 0; id < 10; id++) table.restore(slot, record(id), 0);
    expect([table.size, table.notStored]).toEqual([
      2 * nodeLimits.idempotencyCopiesFactor,
      10 - 2 * nodeLimits.idempotencyCopiesFactor,
    ]);
    expect(table.recall(mark(99), 3, 0)).toBe('no_room');
  });

  it('what it keeps as a copy takes no room from the slots that it leads, until it leads those', () => {
    const each = nodeLimits.idempotencyRecordBytes + answer.length;
    const table = new IdempotencyTable(2 * each);
    const other = slot + 1;
    table.apply((one) => one === slot);
    for (let id = 0; id < 3; id++)
      table.restore(
        other,
        { id: mark(id).subarray(3, 19), fingerprint: new Uint8Array(16), remainingMs: 1_000, result: answer },
        0,
      );
    expect(table.recall(mark(10), 3, 0)).toBe('new');
    table.remember(slot, mark(10), 3, answer, 0);
    table.remember(slot, mark(11), 3, answer, 0);
    expect(table.recall(mark(12), 3, 0)).toBe('no_room');
    table.wipe(slot);
    expect(table.recall(mark(12), 3, 0)).toBe('new');
    table.apply((one) => one === slot || one === other);
    expect(table.recall(mark(12), 3, 0)).toBe('no_room');
    table.wipe(other);
    expect([table.recall(mark(12), 3, 0), table.bytes]).toEqual(['new', 0]);
  });

  it('restore: a record goes when its own time is over, whatever came with the copy before it', () => {
    const table = new IdempotencyTable(1e9);
    const restore = (id: number, remainingMs: number) =>
      table.restore(
        slot,
        { id: mark(id).subarray(3, 19), fingerprint: new Uint8Array(16), remainingMs, result: answer },
        0,
      );
    restore(1, 500_000);
    for (let id = 2; id < 50; id++) restore(id, 10_000 + 100 * id);
    restore(50, 900);
    table.prune(20_000);
    expect([table.size, table.bytes]).toEqual([1, nodeLimits.idempotencyRecordBytes + answer.length]);
    table.prune(502_000);
    expect([table.size, table.bytes]).toEqual([0, 0]);
  });

  it('wipe: forgets the records of one slot, and their bytes', () => {
    const table = new IdempotencyTable(1e9);
    for (let id = 0; id < 10; id++) table.remember(id % 2, mark(id), 3, answer, 0);
    table.wipe(0);
    table.wipe(5);
    expect([table.size, table.bytes]).toEqual([5, 5 * (nodeLimits.idempotencyRecordBytes + answer.length)]);
    expect([table.recall(mark(0), 3, 0), table.recall(mark(1), 3, 0)]).toEqual(['new', Buffer.from(answer)]);
    table.wipe(1);
    expect(table.bytes).toBe(0);
  });
});
