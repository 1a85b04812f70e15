import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { BenchProcess, freePort, temporaryFolder } from '../support/bench-process.ts';
import { base64, forEachKey, keyOf, multiGetIndexes, planned, textOf, ttlSeconds } from './items.ts';
import type { Subject } from './subject.ts';

/** HTTP threads of webdis; what its package sets. */
const webdisThreads = 2;

/** A Hono handler that does nothing. */
export async function startBareHono(stack: AsyncDisposableStack): Promise<Subject> {
  const port = await freePort();
  const server = await BenchProcess.start(stack, 'bare Hono', [
    process.execPath,
    script('bare-hono-server.ts'),
    String(port),
  ]);
  await server.until(() => listens(port));
  return {
    id: 'bare_hono',
    title: 'bare Hono handler',
    port,
    processes: [{ name: 'handler', pid: server.pid }],
    loads: {
      get: forEachKey((i) =>
        planned({ method: 'GET', target: `/cache/default?key=${keyOf(i)}` }, { status: 200, body: base64(textOf(0)) }),
      ),
      put: forEachKey((i) =>
        planned(
          { method: 'PUT', target: `/cache/default?key=${keyOf(i)}`, body: textOf(i) },
          { status: 204, body: '' },
        ),
      ),
    },
  };
}

/** Hono, jose, ioredis and Redis. Rejects when there is no Redis on this machine. */
export async function startHomeMade(stack: AsyncDisposableStack): Promise<Subject> {
  const redis = await startRedis(stack);
  const port = await freePort();
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const token = await new SignJWT({ scope: 'cache:default' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setAudience('home-made')
    .setSubject('bench')
    .setExpirationTime('1d')
    .sign(privateKey);
  const jwk = JSON.stringify(await exportJWK(publicKey));
  const server = await BenchProcess.start(stack, 'home-made', [
    process.execPath,
    script('home-made-server.ts'),
    String(port),
    String(redis.port),
    jwk,
  ]);
  await server.until(() => listens(port));
  const headers = [`Authorization: Bearer ${token}`];
  const target = (i: number) => `/cache/default?key=${keyOf(i)}`;
  return {
    id: 'home_made',
    title: 'home-made: Hono, jose, ioredis, Redis',
    port,
    processes: [
      { name: 'handler', pid: server.pid },
      { name: 'redis', pid: redis.pid },
    ],
    loads: {
      get: forEachKey((i) =>
        planned({ method: 'GET', target: target(i), headers }, { status: 200, body: base64(textOf(i)) }),
      ),
      put: forEachKey((i) =>
        planned(
          { method: 'PUT', target: `${target(i)}&ttl_seconds=${ttlSeconds}`, headers, body: textOf(i) },
          { status: 204, body: '' },
        ),
      ),
    },
  };
}

/** webdis, an HTTP server in C in front of Redis. Rejects when either is not on this machine. */
export async function startWebdis(stack: AsyncDisposableStack): Promise<Subject> {
  const redis = await startRedis(stack);
  const port = await freePort();
  const folder = await temporaryFolder(stack);
  const file = join(folder, 'webdis.json');
  const settings = {
    redis_host: '127.0.0.1',
    redis_port: redis.port,
    http_host: '127.0.0.1',
    http_port: port,
    threads: webdisThreads,
    daemonize: false,
    database: 0,
    verbosity: 0,
    logfile: join(folder, 'webdis.log'),
  };
  await writeFile(file, JSON.stringify(settings));
  const server = await BenchProcess.start(stack, 'webdis', ['webdis', file]);
  await server.until(() => listens(port));
  return {
    id: 'webdis',
    title: 'webdis, Redis',
    port,
    processes: [
      { name: 'webdis', pid: server.pid },
      { name: 'redis', pid: redis.pid },
    ],
    loads: {
      get: forEachKey((i) =>
        planned({ method: 'GET', target: `/GET/${keyOf(i)}.txt` }, { status: 200, body: base64(textOf(i)) }),
      ),
      put: forEachKey((i) =>
        planned(
          { method: 'PUT', target: `/SETEX/${keyOf(i)}/${ttlSeconds}`, body: textOf(i) },
          { status: 200, body: base64('{"SETEX":[true,"OK"]}') },
        ),
      ),
      multi_get_json: multiGetIndexes().map((indexes) =>
        planned(
          { method: 'GET', target: `/MGET/${indexes.map(keyOf).join('/')}` },
          { status: 200, body: base64(JSON.stringify({ MGET: indexes.map(textOf) })) },
        ),
      ),
    },
  };
}

/** A Redis that keeps nothing on the disk. */
async function startRedis(stack: AsyncDisposableStack): Promise<{ port: number; pid: number }> {
  const port = await freePort();
  const folder = await temporaryFolder(stack);
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const redis = await BenchProcess.start(stack, 'redis', ['redis-server', ...flags]);
  await redis.until(() => listens(port));
  return { port, pid: redis.pid };
}

function script(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}

/** True once something listens there. */
function listens(port: number): Promise<true | undefined> {
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
