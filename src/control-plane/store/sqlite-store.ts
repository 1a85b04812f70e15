/**
 * The coordination store of a single machine: one SQLite file (`node:sqlite`), held exclusively by one
 * process. Write-ahead log with a synchronised commit, because a revocation or a data epoch that was
 * answered must survive a power cut.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  assertKey,
  assertTransaction,
  type CoordinationStore,
  type StoreEntry,
  StoreError,
  type StoreErrorReason,
  type StoreOutcome,
  type StoreTransaction,
} from './coordination-store.ts';

/** Version of the file's layout, in `user_version`. */
const layoutVersion = 1;
/** `:memory:` or the name below the data directory. */
export const sqliteFileName = 'control.sqlite';
/** Wait for another process that is just closing the file. */
const busyTimeoutMs = 500;
const listLimitDefault = 1_000_000;
const role = `the control plane's database (${sqliteFileName} in the data directory)`;

interface EntryRow {
  key: string;
  value: string;
  mod_revision: number;
}

/**
 * Opens the store, making the file (mode 0600) when there is none.
 * Throws `StoreError` when it cannot be read, is damaged, is in use, or was written by a newer version.
 */
export function openSqliteStore(file: string): CoordinationStore {
  let database: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') {
      closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
    }
    database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    prepareLayout(database);
    return new SqliteStore(database);
  } catch (error) {
    if (database?.isOpen) database.close();
    throw storeError(error);
  }
}

function prepareLayout(database: DatabaseSync): void {
  // The lock before the first access: a second process fails here, not in the middle of its work.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec('BEGIN EXCLUSIVE; COMMIT;');
  const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (check.quick_check !== 'ok') throw new StoreError('corrupt', sentence('corrupt'));
  const { user_version: found } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (found > layoutVersion) throw new StoreError('newer', sentence('newer'));
  if (found === layoutVersion) return;
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
  readonly #nextRevision: StatementSync;

  constructor(database: DatabaseSync) {
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
    this.#nextRevision = database.prepare('UPDATE counter SET revision = revision + 1 RETURNING revision');
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
    // Printable ASCII: the next character after the last one bounds the prefix from above.
    const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    return this.#guarded(() => {
      const rows = this.#list.all(page.after ?? '', prefix, end, page.limit ?? listLimitDefault);
      return (rows as unknown as EntryRow[]).map(toEntry);
    });
  }

  async transact(transaction: StoreTransaction): Promise<StoreOutcome> {
    assertTransaction(transaction);
    return this.#guarded(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const outcome = this.#apply(transaction);
        this.#database.exec(outcome.done ? 'COMMIT' : 'ROLLBACK');
        return outcome;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #apply({ compare = [], puts = [], deletes = [] }: StoreTransaction): StoreOutcome {
    for (const { key, modRevision } of compare) {
      const row = this.#get.get(key) as unknown as EntryRow | undefined;
      if ((row?.mod_revision ?? 0) !== modRevision) return { done: false };
    }
    const { revision } = this.#nextRevision.get() as { revision: number };
    for (const { key, value } of puts) this.#put.run(key, value, revision);
    for (const key of deletes) this.#delete.run(key);
    return { done: true, revision };
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #guarded<T>(use: () => T): T {
    if (!this.#database.isOpen) throw new StoreError('closed', `${role} is closed`);
    try {
      return use();
    } catch (error) {
      throw storeError(error);
    }
  }
}

function toEntry(row: EntryRow): StoreEntry {
  return { key: row.key, value: row.value, modRevision: row.mod_revision };
}

// Primary result codes of SQLite (sqlite.org/rescode.html); the low byte of an extended one.
const busyCodes = [5, 6];
const corruptCodes = [11, 26];
const unreadableCodes = [3, 8, 14, 23];

function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const reason = reasonOf(errcode === undefined ? undefined : errcode & 0xff, code);
  return new StoreError(reason, sentence(reason), { cause: error });
}

function reasonOf(errcode: number | undefined, code: string | undefined): StoreErrorReason {
  if (errcode !== undefined) {
    if (busyCodes.includes(errcode)) return 'in_use';
    if (corruptCodes.includes(errcode)) return 'corrupt';
    if (unreadableCodes.includes(errcode)) return 'unreadable';
    return 'failed';
  }
  const fileErrors = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EROFS'];
  return code !== undefined && fileErrors.includes(code) ? 'unreadable' : 'failed';
}

function sentence(reason: StoreErrorReason): string {
  switch (reason) {
    case 'unreadable':
      return `${role} cannot be opened for reading and writing: check that the data directory exists and belongs to this user`;
    case 'corrupt':
      return `${role} is damaged or is not a database: restore it from a copy, or move it away to start a new fleet`;
    case 'in_use':
      return `${role} is in use by another process: only one control plane may run on a data directory`;
    case 'newer':
      return `${role} was written by a newer version of Godwit: start that version`;
    case 'failed':
      return `${role} could not carry out an operation: check the disk's free space and health`;
    case 'closed':
      return `${role} is closed`;
  }
}
