import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { etcdAccess } from '../../src/cli/etcd-access.ts';
import { parseCommand } from '../../src/cli/parse-options.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-etcd-access-'));
  writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n');
  writeFileSync(join(folder, 'password'), 'a-password\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const accessOf = (...flags: string[]) => etcdAccess(parseCommand('control', flags, {}).options);
const servers = '--etcd-endpoints=http://10.0.0.1:2379,http://10.0.0.2:2379/';

describe('options of etcd', () => {
  it('the embedded store needs none', () => {
    expect(accessOf()).toBeUndefined();
  });

  it('all servers, the prefix, certificates and the password reach the store', () => {
    const files = [`--etcd-ca-file=${join(folder, 'ca.pem')}`, `--etcd-password-file=${join(folder, 'password')}`];
    expect(accessOf('--store=etcd', servers, '--etcd-prefix=blue/', '--etcd-user=godwit', ...files)).toEqual({
      endpoints: ['http://10.0.0.1:2379', 'http://10.0.0.2:2379'],
      prefix: 'blue/',
      tls: { ca: expect.stringContaining('BEGIN CERTIFICATE'), cert: undefined, key: undefined },
      credentials: { name: 'godwit', password: 'a-password' },
    });
  });

  it.each([
    [['--store=etcd'], 'needs --etcd-endpoints'],
    [[servers], '--etcd-endpoints needs --store etcd'],
    [['--store=etcd', servers, '--nodes-start-anew'], 'for the embedded store'],
    [['--store=etcd', servers, '--etcd-cert-file=x'], '--etcd-cert-file and --etcd-key-file go together'],
    [['--store=etcd', servers, '--etcd-user=u'], '--etcd-user and --etcd-password-file go together'],
    [['--store=etcd', servers, '--etcd-ca-file=none.pem'], 'cannot read none.pem: no such file'],
    [['--store=etcd', '--etcd-endpoints=http://10.0.0.1:2379/v3'], 'expected URLs without a path'],
    [['--store=etcd', '--etcd-endpoints=http://u:p@10.0.0.1:2379'], 'expected a URL'],
    [['--store=etcd', '--etcd-endpoints=http://10.0.0.1:2379?a=1'], 'expected a URL'],
    [['--store=consul'], 'expected one of sqlite, etcd'],
  ])('%j: says what is wrong', (flags, message) => {
    expect(() => accessOf(...flags)).toThrow(message);
  });

  it('a file that holds no certificate is told by its name', () => {
    const file = join(folder, 'password');
    expect(() => accessOf('--store=etcd', servers, `--etcd-ca-file=${file}`)).toThrow(`${file} is not a PEM file`);
  });
});
