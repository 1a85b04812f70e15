import { readFileSync } from 'node:fs';
import type { EtcdConfig } from '../control-plane/server.ts';
import { configurationError } from './cli-error.ts';
import { plainReason, readCredentialFile } from './credentials.ts';
import { cliLimits } from './limits.ts';
import type { OptionsOf } from './options.ts';

/**
 * How to reach etcd as the options say; undefined with the embedded store.
 * @throws CliError (exit code 2) when options are missing or do not go together, or a file cannot be read
 */
export function etcdAccess(options: OptionsOf<'control'>): EtcdConfig | undefined {
  const { etcdEndpoints, etcdPrefix, etcdCaFile, etcdCertFile, etcdKeyFile, etcdUser, etcdPasswordFile } = options;
  if (options.store !== 'etcd') {
    if (etcdEndpoints) throw configurationError('--etcd-endpoints needs --store etcd');
    return undefined;
  }
  if (!etcdEndpoints) throw configurationError('--store etcd needs --etcd-endpoints (or GODWIT_ETCD_ENDPOINTS)');
  // Another control process may lead beside living nodes.
  if (options.nodesStartAnew) throw configurationError('--nodes-start-anew is for the embedded store');
  requirePair('--etcd-cert-file', etcdCertFile, '--etcd-key-file', etcdKeyFile);
  requirePair('--etcd-user', etcdUser, '--etcd-password-file', etcdPasswordFile);
  return {
    endpoints: [...etcdEndpoints],
    prefix: etcdPrefix,
    tls: { ca: pem(etcdCaFile), cert: pem(etcdCertFile), key: pem(etcdKeyFile) },
    credentials:
      etcdUser === undefined || etcdPasswordFile === undefined
        ? undefined
        : { name: etcdUser, password: readCredentialFile(etcdPasswordFile, 'the etcd password file') },
  };
}

function requirePair(one: string, oneValue: string | undefined, other: string, otherValue: string | undefined): void {
  if ((oneValue === undefined) === (otherValue === undefined)) return;
  throw configurationError(`${one} and ${other} go together`);
}

function pem(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw configurationError(`cannot read ${path}: ${plainReason(error)}`, error);
  }
  if (text.length > cliLimits.pemFileLengthMax || !text.includes('-----BEGIN ')) {
    throw configurationError(`${path} is not a PEM file`);
  }
  return text;
}
