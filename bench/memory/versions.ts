import { spawnSync } from 'node:child_process';

/** Versions of what the figures compare with and `machineFacts` does not know; nothing where there is none. */
export function peerVersions(): Record<string, string> {
  const told = spawnSync('memcached', ['-V'], { encoding: 'utf8' }).stdout ?? '';
  const memcached = /memcached (\S+)/.exec(told)?.[1];
  return memcached === undefined ? {} : { memcached };
}
