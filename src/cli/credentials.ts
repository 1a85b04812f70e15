import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationError } from './cli-error.ts';
import { cliLimits } from './limits.ts';

export const adminKeyFileName = 'admin.key';
export const fleetSecretFileName = 'fleet.secret';

/**
 * The text of a file that holds one credential, without the line end that editors add.
 * @param what names it in the error, such as `the token file`
 * @throws CliError (exit code 2) when it cannot be read, is empty, or is larger than a credential is
 */
export function readCredentialFile(path: string, what: string): string {
  let text: string;
  try {
    const descriptor = openSync(path, 'r');
    try {
      const { size } = fstatSync(descriptor);
      if (size > cliLimits.credentialFileBytesMax) throw new Error('it is too large to be one');
      text = readFileSync(descriptor, 'utf8').trim();
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw configurationError(`cannot read ${what} ${path}: ${plainReason(error)}`, error);
  }
  if (text === '') throw configurationError(`${what} ${path} is empty`);
  // one word of a header's value; anything else would be refused further on, by messages that quote it
  if (!/^[\x21-\x7e]+$/.test(text)) throw configurationError(`${what} ${path} holds something else`);
  return text;
}

export interface SecretOptions {
  readonly fleetSecret: string | undefined;
  readonly fleetSecretFile: string | undefined;
}

/**
 * The fleet's secret: from the environment, else from the named file; undefined when neither is given.
 * @throws CliError (exit code 2) when it is too short to be a secret
 */
export function configuredFleetSecret(options: SecretOptions): string | undefined {
  if (options.fleetSecret !== undefined) return checkedSecret(options.fleetSecret, 'GODWIT_FLEET_SECRET');
  if (options.fleetSecretFile === undefined) return undefined;
  return checkedSecret(readCredentialFile(options.fleetSecretFile, 'the fleet secret file'), options.fleetSecretFile);
}

export function checkedSecret(secret: string, where: string): string {
  if (secret.length < cliLimits.fleetSecretLengthMin || !/^[\x21-\x7e]+$/.test(secret)) {
    throw configurationError(
      `the fleet secret in ${where} must be at least ${cliLimits.fleetSecretLengthMin} printable characters without spaces`,
    );
  }
  return secret;
}

/** The token that a client command sends: of `--token-file`, else the admin key in the data directory. */
export function clientToken(dataDir: string, tokenFile: string | undefined): string {
  return readCredentialFile(tokenFile ?? join(dataDir, adminKeyFileName), 'the token file');
}

/** `ENOENT: no such file or directory, open '…'` → `no such file or directory`. */
export function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^E[A-Z]+: /, '').replace(/, \w+ '.*$/, '');
}
