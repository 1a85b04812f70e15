import { isAbsolute, join, relative } from 'node:path';
import { adminKeyFileName } from './credentials.ts';
import { formatBytes } from './option-values.ts';
import { options } from './options.ts';
import type { Environment } from './parse-options.ts';

export interface ReadyFacts {
  readonly version: string;
  readonly startedInMs: number;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly workingDir: string;
  readonly gateways: number;
  readonly zones: readonly string[];
  readonly nodesPerZone: number;
  readonly sparesPerZone: number;
  /** Nodes that `godwit fleet add` has brought. */
  readonly addedNodes: readonly string[];
  /** Of each item. */
  readonly copies: number;
  readonly nodeMemoryBytes: number;
  /** What the person begins a client command with, such as `npx godwit`. */
  readonly command: string;
}

/** What `godwit start` prints when the fleet is ready; the two curl lines work as pasted. */
export function readyText(facts: ReadyFacts): string {
  const url = publicUrl(facts.host, facts.port);
  const keyPath = adminKeyPath(facts.dataDir, facts.workingDir);
  const authorization = `-H "Authorization: Bearer $(cat ${shellWord(keyPath)})"`;
  const nodes = facts.zones.length * facts.nodesPerZone + facts.addedNodes.length;
  const spares = facts.zones.length * facts.sparesPerZone;
  const kept = facts.copies === 1 ? 'each item once' : `each item ${facts.copies} times, in different zones`;
  const added = facts.addedNodes.length === 0 ? '' : ` (with ${facts.addedNodes.join(', ')}, once added)`;
  return [
    `Godwit ${facts.version} is ready after ${(facts.startedInMs / 1_000).toFixed(1)} s.`,
    '',
    `  URL        ${url}`,
    `  Docs       ${url}/docs`,
    `  Admin key  ${keyPath}`,
    `  Processes  ${counted(facts.gateways, 'gateway')}, ${counted(nodes, 'storage node')} of ${formatBytes(facts.nodeMemoryBytes)} in ${facts.zones.length === 1 ? 'zone' : 'zones'} ${facts.zones.join(', ')}${added}${spares === 0 ? '' : `, ${counted(spares, 'spare')}`}, control plane`,
    `  Room       ${formatBytes((nodes * facts.nodeMemoryBytes) / facts.copies)} for items: the nodes keep ${kept}`,
    '',
    'Set a key for a minute, and get it:',
    '',
    `  curl -X PUT "${url}/cache/default?key=hello&ttl_seconds=60" ${authorization} -d world`,
    `  curl "${url}/cache/default?key=hello" ${authorization}`,
    '',
    'See its nodes, and what can be done with them:',
    '',
    `  ${facts.command} fleet status${where(facts, url)}`,
    `  ${facts.command} fleet --help`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

/** Where a client on this machine reaches a listener; one on all addresses answers on loopback too. */
export function publicUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** How a person runs `godwit`, by what npm says of how this process was run. */
export function commandOf(environment: Environment): string {
  switch (environment['npm_lifecycle_event']) {
    case undefined:
      return 'godwit';
    case 'npx':
      return 'npx godwit';
    default:
      return 'npm run godwit --';
  }
}

/** The options of a client command that are not the defaults. */
function where({ dataDir, workingDir }: ReadyFacts, url: string): string {
  const directory = nearPath(dataDir, workingDir);
  return [
    url === options.url.default ? '' : ` --url ${url}`,
    directory === options.dataDir.default ? '' : ` --data-dir ${shellWord(directory)}`,
  ].join('');
}

function adminKeyPath(dataDir: string, workingDir: string): string {
  return nearPath(join(dataDir, adminKeyFileName), workingDir);
}

/** Relative below the working directory, so that the line is short; absolute elsewhere. */
function nearPath(path: string, workingDir: string): string {
  const near = relative(workingDir, path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}

/** One word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
