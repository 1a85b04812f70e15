import { accessSync, constants, existsSync, linkSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { configurationError, systemErrorCode } from './cli-error.ts';
import { checkedSecret, fleetSecretFileName, plainReason, readCredentialFile } from './credentials.ts';
import { writeDraft } from './draft-file.ts';
import { cliLimits } from './limits.ts';

/** As `mkdir -p`; Node's own never ends where the system says that what was just found is not there (`/proc`). */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

/**
 * Makes the data directory with mode 0700 when it is not there, and makes sure that it can be used.
 * @throws CliError (exit code 2)
 */
export function openDataDir(path: string): string {
  const directory = resolve(path);
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = ['EEXIST', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')
      ? 'it is not a directory'
      : plainReason(error);
    throw configurationError(`cannot use data directory ${path}: ${reason}`, error);
  }
  return directory;
}

/**
 * Whether only this user may put files into a directory: code that is loaded from there is this user's own. Where the
 * system has no such modes, as Windows, it is taken to be so.
 */
export function isOwnersAlone(directory: string): boolean {
  if (process.getuid === undefined) return true;
  const { uid, mode } = statSync(directory);
  return uid === process.getuid() && (mode & 0o022) === 0;
}

/**
 * The fleet's secret of a data directory; on the first start `random` makes it, and it is kept with mode 0600.
 * @param random gives the asked number of unpredictable bytes
 * @throws CliError (exit code 2)
 */
export function fleetSecretOf(directory: string, random: (size: number) => Uint8Array): string {
  const path = join(directory, fleetSecretFileName);
  try {
    createOnce(path, `${Buffer.from(random(cliLimits.fleetSecretBytes)).toString('base64url')}\n`);
  } catch (error) {
    throw configurationError(`cannot write ${path}: ${plainReason(error)}`, error);
  }
  return checkedSecret(readCredentialFile(path, 'the fleet secret file'), path);
}

/** Writes a whole file of mode 0600 unless it exists. A crash leaves the file whole or absent, never half. */
function createOnce(path: string, text: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  const draft = writeDraft(path, text);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
