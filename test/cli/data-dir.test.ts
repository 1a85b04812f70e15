import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientToken, configuredFleetSecret, readCredentialFile } from '../../src/cli/credentials.ts';
import { fleetSecretOf, isOwnersAlone, openDataDir } from '../../src/cli/data-dir.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-data-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const counting = (size: number) => Uint8Array.from({ length: size }, (_, index) => index);
const secret = 'a-secret-of-more-than-32-characters';

describe('data directory', () => {
  test('is made with mode 0700, parents and all', () => {
    const path = openDataDir(join(directory, 'x', 'y'));
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('one that exists keeps its mode', () => {
    chmodSync(directory, 0o750);
    openDataDir(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o750);
  });

  test('a file in its place is refused', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(() => openDataDir(file)).toThrow(`cannot use data directory ${file}: it is not a directory`);
    expect(() => openDataDir(join(file, 'below'))).toThrow('it is not a directory');
  });

  test.skipIf(process.getuid?.() === 0)('one that may not be read is refused (root may read all)', () => {
    const closed = join(directory, 'closed');
    mkdirSync(closed, { mode: 0o000 });
    expect(() => openDataDir(closed)).toThrow('permission denied');
  });
});

describe('fleet secret', () => {
  test('first start: 32 random bytes as base64url, mode 0600, and nothing beside it', () => {
    const made = fleetSecretOf(directory, counting);
    expect(Buffer.from(made, 'base64url')).toEqual(Buffer.from(counting(32)));
    expect(statSync(join(directory, 'fleet.secret')).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['fleet.secret']);
  });

  test('later starts: stays the same', () => {
    const made = fleetSecretOf(directory, counting);
    const text = readFileSync(join(directory, 'fleet.secret'), 'utf8');
    expect(fleetSecretOf(directory, (size) => new Uint8Array(size))).toBe(made);
    expect(readFileSync(join(directory, 'fleet.secret'), 'utf8')).toBe(text);
  });

  test('an emptied or shortened file is refused, never replaced', () => {
    writeFileSync(join(directory, 'fleet.secret'), '');
    expect(() => fleetSecretOf(directory, counting)).toThrow('is empty');
    writeFileSync(join(directory, 'fleet.secret'), 'short');
    expect(() => fleetSecretOf(directory, counting)).toThrow('at least 32 printable characters');
    expect(readFileSync(join(directory, 'fleet.secret'), 'utf8')).toBe('short');
  });

  test('configured: the variable goes before the file; a short or broken one is refused without showing it', () => {
    const file = join(directory, 'secret');
    writeFileSync(file, `${secret}-of-the-file\n`);
    expect(configuredFleetSecret({ fleetSecret: undefined, fleetSecretFile: undefined })).toBeUndefined();
    expect(configuredFleetSecret({ fleetSecret: undefined, fleetSecretFile: file })).toBe(`${secret}-of-the-file`);
    expect(configuredFleetSecret({ fleetSecret: secret, fleetSecretFile: file })).toBe(secret);
    for (const bad of ['hunter2', `${secret} with spaces`]) {
      const refusal = () => configuredFleetSecret({ fleetSecret: bad, fleetSecretFile: undefined });
      expect(refusal).toThrow('GODWIT_FLEET_SECRET must be at least 32');
      expect(refusal).not.toThrow(bad);
    }
  });
});

describe('credential file', () => {
  test('is read without the line end that editors add', () => {
    writeFileSync(join(directory, 'admin.key'), 'token\r\n');
    expect(clientToken(directory, undefined)).toBe('token');
  });

  test('missing, a directory, or too large: refused by name', () => {
    expect(() => readCredentialFile(join(directory, 'none'), 'the token file')).toThrow(
      `cannot read the token file ${directory}/none: no such file or directory`,
    );
    expect(() => readCredentialFile(directory, 'the token file')).toThrow('illegal operation on a directory');
    writeFileSync(join(directory, 'large'), 'x'.repeat(20_000));
    expect(() => readCredentialFile(join(directory, 'large'), 'the token file')).toThrow('too large');
  });
});

describe('a directory that code is loaded from', () => {
  test.skipIf(process.platform === 'win32')('is one that only its owner may write into', () => {
    const path = openDataDir(join(directory, 'own'));
    expect(isOwnersAlone(path)).toBe(true);
    for (const mode of [0o770, 0o707, 0o720]) {
      chmodSync(path, mode);
      expect(isOwnersAlone(path), mode.toString(8)).toBe(false);
    }
    chmodSync(path, 0o755);
    expect(isOwnersAlone(path)).toBe(true);
  });
});
