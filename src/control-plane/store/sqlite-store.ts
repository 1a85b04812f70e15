/**
 * The coordination store of a single machine: one SQLite file (`node:sqlite`), held exclusively by one
 * process. Write-ahead log with a synchronised commit, because a revocation or a data epoch that was
 * answered must survive a power cut.
 *
 * Nobody else has the file, so leases are counted and watches are served in this process; the entries of a lease
 * go with the process, at the next opening.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Clock, systemClock } from '../../shared/clock.ts';
import {
  assertKey,
  assertLeaseTtl,
  assertTransaction,
  type CoordinationStore,
  type LeaseId,
  prefixEnd,
  type StoreEntry,
  type StoreLease,
  type StoreOutcome,
  type StorePut,
  type StoreTransaction,
  type StoreWatch,
  storeLimits,
} from './coordination-store.ts';
import { LocalLeases } from './local-leases.ts';
import { LocalWatches } from './local-watches.ts';
import { sqliteError, storeErrorOf } from './sqlite-errors.ts';

/** Version of the file's layout, in `user_version`. */
const layoutVersion = 1;
/** Wait for another process that is just closing the file. */
const busyTimeoutMs = 500;
const listLimitDefault = 1_000_000;

interface EntryRow {
  key: string;
  value: string;
  mod_revision: number;
}

/**
 * Opens the store, making the file (mode 0600) when there is none.
 * Throws `StoreError` when it cannot be read, is damaged, is in use, or was written by a newer version.
 */
export function openSqliteStore(file: string, clock: Clock = systemClock): CoordinationStore {
  let database: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') {
      closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
    }
    database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    prepareLayout(database);
    return new SqliteStore(database, clock);
  } catch (error) {
    if (database?.isOpen) database.close();
    throw storeErrorOf(error);
  }
}

function prepareLayout(database: DatabaseSync): void {
  // The lock before the first access: a second process fails here, not in the middle of its work.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec('BEGIN EXCLUSIVE; COMMIT;');
  const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (check.quick_check !== 'ok') throw sqliteError('corrupt');
  const { user_version: found } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (found > layoutVersion) throw sqliteError('newer');
  if (found !== layoutVersion) createEntries(database);
  // Beside the layout, so that an earlier version opens the file as well: what it does not know of it removes not.
  database.exec(`
    BEGIN EXCLUSIVE;
    CREATE TABLE IF NOT EXISTS leased (key TEXT PRIMARY KEY, lease TEXT NOT NULL) WITHOUT ROWID;
    DELETE FROM entries WHERE key IN (SELECT key FROM leased);
    DELETE FROM leased;
    COMMIT;
  `);
}

function createEntries(database: DatabaseSync): void {
  database.exec(`
    BEGIN EXCLUSIVE;
    CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, mod_revision INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
    INSERT INTO counter VALUES (1, 0);
    PRAGMA user_version = ${layoutVersion};
    COMMIT;
  `);
}

class SqliteStore implements CoordinationStore {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #revision: StatementSync;
  readonly #nextRevision: StatementSync;
  readonly #bind: StatementSync;
  readonly #unbind: StatementSync;
  readonly #leased: StatementSync;
  readonly #leases: LocalLeases;
  readonly #watches = new LocalWatches((prefix) => this.#watched(prefix));

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#get = database.prepare('SELECT key, value, mod_revision FROM entries WHERE key = ?');
    this.#list = database.prepare(
      'SELECT key, value, mod_revision FROM entries WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?',
    );
    this.#put = database.prepare(
      `INSERT INTO entries VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, mod_revision = excluded.mod_revision`,
    );
    this.#delete = database.prepare('DELETE FROM entries WHERE key = ?');
    this.#revision = database.prepare('SELECT revision FROM counter');
    this.#nextRevision = database.prepare('UPDATE counter SET revision = revision + 1 RETURNING revision');
    this.#bind = database.prepare('INSERT OR REPLACE INTO leased VALUES (?, ?)');
    this.#unbind = database.prepare('DELETE FROM leased WHERE key = ?');
    this.#leased = database.prepare('SELECT key FROM leased WHERE lease = ?');
    this.#leases = new LocalLeases(clock, (id) => this.#removeLeased(id));
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    assertKey(key);
    return this.#guarded(() => {
      const row = this.#get.get(key) as unknown as EntryRow | undefined;
      return row && toEntry(row);
    });
  }

  async list(prefix: string, page: { after?: string; limit?: number } = {}): Promise<StoreEntry[]> {
    assertKey(prefix);
    return this.#guarded(() => this.#page(prefix, page.after ?? '', page.limit ?? listLimitDefault));
  }

  async transact(transaction: StoreTransaction): Promise<StoreOutcome> {
    assertTransaction(transaction);
    return this.#guarded(() => this.#commit(transaction));
  }

  async grantLease(ttlMs: number): Promise<StoreLease> {
    assertLeaseTtl(ttlMs);
    return this.#guarded(() => this.#leases.grant(ttlMs));
  }

  async renewLease(id: LeaseId): Promise<boolean> {
    return this.#guarded(() => this.#leases.renew(id));
  }

  async endLease(id: LeaseId): Promise<void> {
    this.#guarded(() => this.#leases.end(id));
  }

  watch(prefix: string, listener: (entries: readonly StoreEntry[]) => void): StoreWatch {
    assertKey(prefix);
    return this.#guarded(() => this.#watches.open(prefix, listener));
  }

  async revision(): Promise<number> {
    return this.#guarded(() => (this.#revision.get() as { revision: number }).revision);
  }

  /** Only what entries are is kept. */
  async compact(): Promise<void> {
    this.#guarded(() => {});
  }

  async close(): Promise<void> {
    this.#leases.close();
    this.#watches.close();
    if (this.#database.isOpen) this.#database.close();
  }

  #page(prefix: string, after: string, limit: number): StoreEntry[] {
    const rows = this.#list.all(after, prefix, prefixEnd(prefix), limit);
    return (rows as unknown as EntryRow[]).map(toEntry);
  }

  #watched(prefix: string): StoreEntry[] | undefined {
    try {
      return this.#page(prefix, '', storeLimits.watchedEntriesMax);
    } catch {
      // Whoever uses the store next is told; the watch shows what comes after.
      return undefined;
    }
  }

  #commit(transaction: StoreTransaction): StoreOutcome {
    const { puts = [], deletes = [] } = transaction;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const outcome = this.#apply(transaction);
      this.#database.exec(outcome.done ? 'COMMIT' : 'ROLLBACK');
      if (outcome.done) this.#watches.changed([...puts.map(({ key }) => key), ...deletes]);
      return outcome;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #apply({ compare = [], puts = [], deletes = [] }: StoreTransaction): StoreOutcome {
    for (const { key, modRevision } of compare) {
      const row = this.#get.get(key) as unknown as EntryRow | undefined;
      if ((row?.mod_revision ?? 0) !== modRevision) return { done: false };
    }
    const { revision } = this.#nextRevision.get() as { revision: number };
    for (const put of puts) this.#applyPut(put, revision);
    for (const key of deletes) {
      this.#delete.run(key);
      this.#unbind.run(key);
    }
    return { done: true, revision };
  }

  #applyPut({ key, value, lease }: StorePut, revision: number): void {
    if (lease !== undefined && !this.#leases.has(lease)) throw sqliteError('lease_ended');
    this.#put.run(key, value, revision);
    if (lease === undefined) this.#unbind.run(key);
    else this.#bind.run(key, lease);
  }

  #removeLeased(id: LeaseId): void {
    const rows = this.#leased.all(id) as unknown as { key: string }[];
    if (rows.length > 0) this.#commit({ deletes: rows.map(({ key }) => key) });
  }

  #guarded<T>(use: () => T): T {
    if (!this.#database.isOpen) throw sqliteError('closed');
    try {
      this.#leases.endOverdue();
      return use();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

function toEntry(row: EntryRow): StoreEntry {
  return { key: row.key, value: row.value, modRevision: row.mod_revision };
}
