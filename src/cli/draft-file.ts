import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';

/**
 * Writes a file of mode 0600 beside `path`, whole and on the disk, and returns its path: to be renamed or linked to
 * `path`, which so never is there by half, or to be removed. Leaves none behind when it throws Node's error.
 */
export function writeDraft(path: string, text: string): string {
  const draft = `${path}.${process.pid}`;
  try {
    const descriptor = openSync(draft, 'w', 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return draft;
}
