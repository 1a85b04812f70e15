/** The failures of SQLite as `StoreError`s. */
import { StoreError, type StoreErrorReason } from './coordination-store.ts';

/** `:memory:` or the name below the data directory. */
export const sqliteFileName = 'control.sqlite';
const role = `the control plane's database (${sqliteFileName} in the data directory)`;

// Primary result codes of SQLite (sqlite.org/rescode.html); the low byte of an extended one.
const busyCodes = [5, 6];
const corruptCodes = [11, 26];
const unreadableCodes = [3, 8, 14, 23];

export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const reason = reasonOf(errcode === undefined ? undefined : errcode & 0xff, code);
  return sqliteError(reason, error);
}

function reasonOf(errcode: number | undefined, code: string | undefined): SqliteReason {
  if (errcode !== undefined) {
    if (busyCodes.includes(errcode)) return 'in_use';
    if (corruptCodes.includes(errcode)) return 'corrupt';
    if (unreadableCodes.includes(errcode)) return 'unreadable';
    return 'failed';
  }
  const fileErrors = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EROFS'];
  return code !== undefined && fileErrors.includes(code) ? 'unreadable' : 'failed';
}

type SqliteReason = Exclude<StoreErrorReason, 'unreachable' | 'refused'>;

export function sqliteError(reason: SqliteReason, cause?: unknown): StoreError {
  return new StoreError(reason, sentence(reason), { cause });
}

function sentence(reason: SqliteReason): string {
  switch (reason) {
    case 'unreadable':
      return `${role} cannot be opened for reading and writing: check that the data directory exists and belongs to this user`;
    case 'corrupt':
      return `${role} is damaged or is not a database: restore it from a copy, or move it away to start a new fleet`;
    case 'in_use':
      return `${role} is in use by another process: only one control plane may run on a data directory`;
    case 'newer':
      return `${role} was written by a newer version of Godwit: start that version`;
    case 'lease_ended':
      return 'the lease of an entry has ended';
    case 'failed':
      return `${role} could not carry out an operation: check the disk's free space and health`;
    case 'closed':
      return `${role} is closed`;
  }
}
