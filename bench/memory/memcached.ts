import { once } from 'node:events';
import { connect } from 'node:net';
import { BenchProcess, freePort } from '../support/bench-process.ts';
import type { CacheOperation } from './cache-operation.ts';
import { type Dialect, LineClient } from './line-client.ts';
import type { Subject, SubjectStatistics } from './subject.ts';
import type { Values } from './values.ts';

/** A TTL above this many seconds would be taken for a date. */
const relativeSecondsMax = 30 * 24 * 3_600;

/**
 * memcached's text protocol. Its clock ticks by whole seconds, so a TTL of n seconds lives n − 1 to n; every other
 * item is given one more, by which items live as long as asked on average, as they do elsewhere.
 */
const dialect: Dialect & { readonly endsWithValue: boolean } = {
  endsWithValue: false,
  tail: '\r\n',
  head(operation: CacheOperation): string {
    const { kind, key, size, ttlSeconds, mark } = operation;
    if (kind === 'get') return `get ${key}\r\n`;
    if (kind === 'delete') return `delete ${key}\r\n`;
    const seconds = ttlSeconds === 0 ? 0 : Math.min(relativeSecondsMax, ttlSeconds + (mark & 1));
    return `set ${key} 0 ${seconds} ${size}\r\n`;
  },
  meaning(line, { kind }) {
    if (kind === 'get') {
      if (line.startsWith('VALUE ')) return Number(line.slice(line.lastIndexOf(' ') + 1));
      if (line === 'END') return null;
    }
    if (kind === 'set' && line === 'STORED') return 'done';
    if (kind === 'set' && line.startsWith('SERVER_ERROR')) return 'refused';
    if (kind === 'delete' && (line === 'DELETED' || line === 'NOT_FOUND')) return 'done';
    throw new Error(`memcached answers ${JSON.stringify(line.slice(0, 80))} to a ${kind}`);
  },
};

/** memcached with one thread. Rejects when there is none on this machine. */
export async function startMemcached(stack: AsyncDisposableStack, memoryMib: number, values: Values): Promise<Subject> {
  const port = await freePort();
  const flags = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', String(memoryMib), '-I', '8m', '-t', '1'];
  const server = await BenchProcess.start(stack, 'memcached', ['memcached', ...flags, '-u', 'nobody']);
  await server.until(() => listens(port));
  const client = await LineClient.open(stack, port, dialect, values);
  return {
    id: 'memcached',
    title: 'memcached',
    pid: server.pid,
    execute: (operations) => client.execute(operations),
    statistics: () => statistics(port),
  };
}

async function statistics(port: number): Promise<SubjectStatistics> {
  const own: Record<string, number> = {};
  for (const command of ['stats', 'stats slabs']) {
    const text = await told(port, command);
    for (const [, name, value] of text.matchAll(/^STAT (\w+) ([\d.]+)\r$/gm)) own[name!] = Number(value);
  }
  const names = [
    'bytes',
    'total_malloced',
    'hash_bytes',
    'evictions',
    'reclaimed',
    'crawler_reclaimed',
    'slab_reassign_busy_items',
  ];
  return {
    items: own['curr_items']!,
    used_bytes: own['total_malloced']!,
    own: Object.fromEntries(names.filter((name) => name in own).map((name) => [name, own[name]!])),
  };
}

async function told(port: number, command: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  socket.write(`${command}\r\n`);
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString();
    if (text.endsWith('END\r\n')) break;
  }
  return text;
}

/** True once something listens there. */
export function listens(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (result: true | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(undefined));
  });
}
