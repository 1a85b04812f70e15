import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError, storeKey, storePrefix } from '../../../src/control-plane/store/coordination-store.ts';
import { openSqliteStore } from '../../../src/control-plane/store/sqlite-store.ts';
import { ManualClock } from '../../../src/shared/clock.ts';
import { coordinationStoreConformance, type StoreSubject } from '../../conformance/coordination-store.ts';
import { fleetEventsConformance } from '../../conformance/fleet-events.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function subject(file: string): StoreSubject {
  const clock = new ManualClock();
  return { store: openSqliteStore(file, clock), passTime: async (ms) => clock.advance(ms) };
}
coordinationStoreConformance('SQLite in memory', async () => subject(':memory:'));
coordinationStoreConformance('SQLite file', async () => subject(join(folder, 'control.sqlite')));
fleetEventsConformance('SQLite', async () => openSqliteStore(':memory:'));

function openError(file: string): StoreError {
  try {
    openSqliteStore(file);
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    return error as StoreError;
  }
  throw new Error('the store opened');
}

describe('SQLite store', () => {
  it('keeps entries and revisions over a reopening', async () => {
    const file = join(folder, 'control.sqlite');
    const first = openSqliteStore(file);
    await first.transact({ puts: [{ key: 'a', value: '1' }] });
    const entry = await first.get('a');
    await first.close();
    const second = openSqliteStore(file);
    expect(await second.get('a')).toEqual(entry);
    const outcome = await second.transact({ puts: [{ key: 'b', value: '1' }] });
    expect(outcome.done && outcome.revision).toBeGreaterThan(entry!.modRevision);
    await second.close();
  });

  it('the entries of a lease do not outlive the process that granted it', async () => {
    const file = join(folder, 'control.sqlite');
    const first = openSqliteStore(file);
    const lease = await first.grantLease(2_000);
    await first.transact({ puts: [{ key: 'held', value: '1', lease: lease.id }] });
    await first.transact({ puts: [{ key: 'free', value: '1' }] });
    await first.close();
    const second = openSqliteStore(file);
    expect(await second.get('held')).toBeUndefined();
    expect(await second.get('free')).toBeDefined();
    expect(await second.renewLease(lease.id)).toBe(false);
    await second.close();
  });

  it('the file is readable by its owner only, even when it was not before', async () => {
    const file = join(folder, 'control.sqlite');
    await openSqliteStore(file).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    await openSqliteStore(file).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('a file that is no database is one clear error', () => {
    const file = join(folder, 'control.sqlite');
    writeFileSync(file, 'this is not a database, but longer than a header of one hundred bytes '.repeat(20));
    const error = openError(file);
    expect(error.reason).toBe('corrupt');
    expect(error.message).toMatch(/^the control plane's database .* damaged/);
    expect(error.message).not.toMatch(/\n|SQLITE|at /);
  });

  it('a damaged page is found at the opening, not in the middle of the work', async () => {
    const file = join(folder, 'control.sqlite');
    const store = openSqliteStore(file);
    for (let i = 0; i < 20; i++) await store.transact({ puts: [{ key: `k${i}`, value: 'v'.repeat(4_000) }] });
    await store.close();
    const size = statSync(file).size;
    const bytes = Buffer.alloc(size - 4_096, 0x5a);
    const { openSync, writeSync, closeSync } = await import('node:fs');
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, bytes, 0, bytes.length, 4_096);
    closeSync(descriptor);
    expect(openError(file).reason).toBe('corrupt');
  });

  it('a missing folder and a folder in its place are unreadable', () => {
    expect(openError(join(folder, 'none', 'control.sqlite')).reason).toBe('unreadable');
    expect(openError(folder).reason).toBe('unreadable');
  });

  it('a second opener is told that it is in use', async () => {
    const file = join(folder, 'control.sqlite');
    const store = openSqliteStore(file);
    expect(openError(file).reason).toBe('in_use');
    await store.close();
    await openSqliteStore(file).close();
  });

  it('a file of a newer version is left alone', () => {
    const file = join(folder, 'control.sqlite');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 999');
    database.close();
    expect(openError(file).reason).toBe('newer');
  });
});

describe('store keys', () => {
  it('different parts never give the same key', () => {
    expect(storeKey('a', 'b/c')).not.toBe(storeKey('a/b', 'c'));
    expect(storeKey('a', 'ü ~')).toMatch(/^[\x21-\x7e]+$/);
    expect(storeKey('a', 'b').startsWith(storePrefix('a'))).toBe(true);
  });
});
