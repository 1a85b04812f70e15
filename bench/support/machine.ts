import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** What a bench ran on: kinds and versions, no names of hosts and no paths. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly platform: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** @param packages whose versions matter for the figures */
export function machineFacts(packages: readonly string[]): MachineFacts {
  const processors = cpus();
  const redis = /v=(\S+)/.exec(firstOutput('redis-server', ['--version']))?.[1];
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(packages.map((name) => [name, packageVersion(name)])),
      ...(redis === undefined ? {} : { redis }),
    },
  };
}

function packageVersion(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function firstOutput(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '';
}
