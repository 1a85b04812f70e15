import { isAbsolute, join, relative } from 'node:path';
import { adminKeyFileName } from './credentials.ts';
import { formatBytes } from './option-values.ts';

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
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

/** Where a client on this machine reaches a listener; one on all addresses answers on loopback too. */
export function publicUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Relative below the working directory, so that the line is short; absolute elsewhere. */
function adminKeyPath(dataDir: string, workingDir: string): string {
  const path = join(dataDir, adminKeyFileName);
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
