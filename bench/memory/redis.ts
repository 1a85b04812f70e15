import { Redis } from 'ioredis';
import { BenchProcess, freePort, temporaryFolder } from '../support/bench-process.ts';
import type { CacheOperation } from './cache-operation.ts';
import { type Dialect, LineClient } from './line-client.ts';
import { listens } from './memcached.ts';
import type { Subject, SubjectStatistics } from './subject.ts';
import type { Values } from './values.ts';

/** RESP2. */
const dialect: Dialect & { readonly endsWithValue: boolean } = {
  endsWithValue: true,
  tail: '\r\n',
  head(operation: CacheOperation): string {
    const { kind, key, size, ttlSeconds } = operation;
    const keyPart = `$${key.length}\r\n${key}\r\n`;
    if (kind === 'get') return `*2\r\n$3\r\nGET\r\n${keyPart}`;
    if (kind === 'delete') return `*2\r\n$3\r\nDEL\r\n${keyPart}`;
    if (ttlSeconds === 0) return `*3\r\n$3\r\nSET\r\n${keyPart}$${size}\r\n`;
    const seconds = String(ttlSeconds);
    // SETEX key seconds value: the value is last
    return `*4\r\n$5\r\nSETEX\r\n${keyPart}$${seconds.length}\r\n${seconds}\r\n$${size}\r\n`;
  },
  meaning(line, { kind }) {
    if (kind === 'get' && line.startsWith('$')) return line === '$-1' ? 'miss' : Number(line.slice(1));
    if (kind === 'set' && line === '+OK') return 'done';
    if (kind === 'set' && line.startsWith('-OOM')) return 'refused';
    if (kind === 'delete' && line.startsWith(':')) return 'done';
    throw new Error(`Redis answers ${JSON.stringify(line.slice(0, 80))} to a ${kind}`);
  },
};

/** A Redis that keeps nothing on the disk. Rejects when there is none on this machine. */
export async function startRedis(
  stack: AsyncDisposableStack,
  memoryMib: number,
  values: Values,
  policy: 'lru' | 'lfu',
): Promise<Subject> {
  const port = await freePort();
  const dir = await temporaryFolder(stack);
  const server = await BenchProcess.start(stack, 'redis', [
    'redis-server',
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'],
    ...['--maxmemory', `${memoryMib}mb`, '--maxmemory-policy', `allkeys-${policy}`],
  ]);
  await server.until(() => listens(port));
  const client = await LineClient.open(stack, port, dialect, values);
  return {
    id: `redis_${policy}`,
    title: `Redis, allkeys-${policy}`,
    pid: server.pid,
    execute: (operations) => client.execute(operations),
    statistics: () => statistics(port),
  };
}

async function statistics(port: number): Promise<SubjectStatistics> {
  const redis = new Redis({ host: '127.0.0.1', port });
  try {
    const info = await redis.info();
    const own: Record<string, number> = {};
    for (const name of ['used_memory', 'used_memory_overhead', 'mem_clients_normal', 'evicted_keys', 'expired_keys'])
      own[name] = Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return { items: await redis.dbsize(), used_bytes: own['used_memory']!, own };
  } finally {
    redis.disconnect();
  }
}
