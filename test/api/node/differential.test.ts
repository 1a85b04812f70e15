import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { limits } from '../../../src/shared/limits.ts';
import { LoopbackGateway, LoopbackNode } from '../../support/loopback.ts';

let node: LoopbackNode;
let front: LoopbackGateway;
let app: Hono;

beforeAll(async () => {
  node = await new LoopbackNode('a').listen();
  front = await LoopbackGateway.start([node], { value_size_bytes_max: 1_000 });
  app = createApp(front.gateway);
});
afterAll(async () => {
  await front.stop();
  await node.kill();
});

interface Ask {
  readonly method: string;
  readonly target: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** An answer without what is new in each: times, ids, what a listener adds. */
async function judged(response: Response): Promise<Answer> {
  const headers = Object.fromEntries(response.headers);
  const timed = ['server-timing', 'x-request-id', 'expires', 'godwit-ttl-ms'];
  for (const name of timed) if (name in headers) headers[name] = 'present';
  for (const name of ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']) delete headers[name];
  if (headers['cache-status'] !== undefined)
    headers['cache-status'] = headers['cache-status'].replace(/ttl=\d+/, 'ttl=n');
  return { status: response.status, headers, body: await response.text() };
}

/** Headers of another spelling that no rule looks at: a GET that has one is not plain, whatever the fast path takes for plain. */
const notPlain = { 'read-concern': 'consistent' };

const doors: Record<string, (ask: Ask) => Promise<Answer>> = {
  'the direct door': async ({ method, target, headers, body }) =>
    judged(
      await fetch(front.url + target, {
        method,
        headers: { ...notPlain, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    ),
  'the plain path': async ({ method, target, headers, body }) =>
    judged(
      await fetch(front.url + target, {
        method,
        ...(headers ? { headers } : {}),
        ...(body === undefined ? {} : { body }),
      }),
    ),
  'the app': async ({ method, target, headers = {}, body }) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = { method, headers: { ...length, ...headers }, ...(body === undefined ? {} : { body }) };
    return judged(await app.fetch(new Request(`http://gateway.test${target}`, request)));
  },
  'the app behind the listener': async ({ method, target, headers, body }) => {
    // An escaped letter in the path makes it none that the direct door takes.
    const escaped = target.replace('/cache/', '/c%61che/');
    return judged(
      await fetch(front.url + escaped, {
        method,
        ...(headers ? { headers } : {}),
        ...(body === undefined ? {} : { body }),
      }),
    );
  },
};

describe('an item request is answered the same through every door', () => {
  const bearer = () => front.authorization;
  /** The requests of one round, in order; each door runs them on a key of its own, and the answers are compared one by one. */
  const table: [string, (key: string) => Ask][] = [
    ['GET of nothing', (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: bearer() })],
    ['HEAD of nothing', (key) => ({ method: 'HEAD', target: `/cache/cache?key=${key}`, headers: bearer() })],
    ['DELETE of nothing', (key) => ({ method: 'DELETE', target: `/cache/cache?key=${key}`, headers: bearer() })],
    [
      'PUT',
      (key) => ({
        method: 'PUT',
        target: `/cache/cache?key=${key}&ttl_seconds=60`,
        headers: { ...bearer(), 'content-type': 'text/plain' },
        body: 'value é',
      }),
    ],
    ['GET', (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: bearer() })],
    [
      'GET from a browser',
      (key) => ({
        method: 'GET',
        target: `/cache/cache?key=${key}`,
        headers: { ...bearer(), origin: 'https://a.test' },
      }),
    ],
    [
      'GET with the token as parameter',
      (key) => ({ method: 'GET', target: `/cache/cache?key=${key}&token=${front.token}` }),
    ],
    ['GET without a token', (key) => ({ method: 'GET', target: `/cache/cache?key=${key}` })],
    [
      'GET with a bad token',
      (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: { authorization: 'Bearer nonsense' } }),
    ],
    [
      'GET with another scheme',
      (key) => ({
        method: 'GET',
        target: `/cache/cache?key=${key}`,
        headers: { authorization: `Basic ${front.token}` },
      }),
    ],
    ['GET with both', (key) => ({ method: 'GET', target: `/cache/cache?key=${key}&token=x`, headers: bearer() })],
    ['HEAD', (key) => ({ method: 'HEAD', target: `/cache/cache?key=${key}`, headers: bearer() })],
    ['GET of an unknown cache', (key) => ({ method: 'GET', target: `/cache/unknown?key=${key}`, headers: bearer() })],
    [
      'GET with If-None-Match *',
      (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: { ...bearer(), 'if-none-match': '*' } }),
    ],
    [
      'GET with If-Match of another',
      (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: { ...bearer(), 'if-match': '"9-9"' } }),
    ],
    [
      'GET with a broken If-Match',
      (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: { ...bearer(), 'if-match': '9-9' } }),
    ],
    [
      'GET with a bad read-concern',
      (key) => ({
        method: 'GET',
        target: `/cache/cache?key=${key}`,
        headers: { ...bearer(), 'read-concern': 'sloppy' },
      }),
    ],
    [
      'PUT if absent',
      (key) => ({ method: 'PUT', target: `/cache/cache?key=${key}&condition=absent`, headers: bearer(), body: 'x' }),
    ],
    [
      'PUT with If-None-Match *',
      (key) => ({
        method: 'PUT',
        target: `/cache/cache?key=${key}`,
        headers: { ...bearer(), 'if-none-match': '*' },
        body: 'x',
      }),
    ],
    [
      'PUT of too much',
      (key) => ({ method: 'PUT', target: `/cache/cache?key=${key}`, headers: bearer(), body: 'x'.repeat(1_001) }),
    ],
    [
      'PUT with Content-Encoding',
      (key) => ({
        method: 'PUT',
        target: `/cache/cache?key=${key}`,
        headers: { ...bearer(), 'content-encoding': 'gzip' },
        body: 'x',
      }),
    ],
    [
      'PUT with a bad TTL',
      (key) => ({ method: 'PUT', target: `/cache/cache?key=${key}&ttl_ms=0`, headers: bearer(), body: 'x' }),
    ],
    [
      'PUT with two TTLs',
      (key) => ({
        method: 'PUT',
        target: `/cache/cache?key=${key}&ttl_ms=1&ttl_seconds=1`,
        headers: bearer(),
        body: 'x',
      }),
    ],
    ['PUT without a body', (key) => ({ method: 'PUT', target: `/cache/cache?key=${key}`, headers: bearer() })],
    ['GET of an empty value', (key) => ({ method: 'GET', target: `/cache/cache?key=${key}`, headers: bearer() })],
    ['DELETE', (key) => ({ method: 'DELETE', target: `/cache/cache?key=${key}`, headers: bearer() })],
    ['GET without a key', () => ({ method: 'GET', target: '/cache/cache?', headers: bearer() })],
    ['GET without a query', () => ({ method: 'GET', target: '/cache/cache', headers: bearer() })],
    ['GET with an empty key', () => ({ method: 'GET', target: '/cache/cache?key=', headers: bearer() })],
    ['GET with two keys', () => ({ method: 'GET', target: '/cache/cache?key=a&key=a', headers: bearer() })],
    [
      'GET with both kinds of key',
      () => ({ method: 'GET', target: '/cache/cache?key=a&key_base64=YQ', headers: bearer() }),
    ],
    ['GET with a NUL in the key', () => ({ method: 'GET', target: '/cache/cache?key=a%00', headers: bearer() })],
    ['GET with an overlong slash', () => ({ method: 'GET', target: '/cache/cache?key=%C0%AF', headers: bearer() })],
    ['GET with a broken escape', () => ({ method: 'GET', target: '/cache/cache?key=%zz', headers: bearer() })],
    [
      'GET of a long key',
      () => ({
        method: 'GET',
        target: `/cache/cache?key=${'k'.repeat(limits.keySizeBytesMax + 1)}`,
        headers: bearer(),
      }),
    ],
    [
      'GET of a cache with an escaped name',
      () => ({ method: 'GET', target: '/cache/c%61che?key=none', headers: bearer() }),
    ],
    ['GET of a cache with a slash', () => ({ method: 'GET', target: '/cache/a%2Fb?key=none', headers: bearer() })],
    [
      'GET of a cache with a name too long',
      () => ({ method: 'GET', target: `/cache/${'c'.repeat(200)}?key=none`, headers: bearer() }),
    ],
    ['PATCH', () => ({ method: 'PATCH', target: '/cache/cache?key=a', headers: bearer(), body: 'x' })],
    [
      'OPTIONS',
      () => ({
        method: 'OPTIONS',
        target: '/cache/cache?key=a',
        headers: { origin: 'https://a.test', 'access-control-request-method': 'PUT' },
      }),
    ],
  ];

  it('the table', async () => {
    // Versions count per slot, so each door gets its turn on the very same key, from nothing to nothing.
    const answers: Record<string, Answer[]> = {};
    for (const [door, ask] of Object.entries(doors)) {
      answers[door] = [];
      for (const [, request] of table) answers[door].push(await ask(request('the-key')));
    }
    const versionless = (answer: Answer): Answer =>
      JSON.parse(JSON.stringify(answer).replace(/\d+-\d+(?=\\+")/g, 'version')) as Answer;
    table.forEach(([name], index) => {
      const [first, ...others] = Object.keys(doors).map((door) => versionless(answers[door]![index]!));
      for (const [at, other] of others.entries())
        expect(other, `${name}, ${Object.keys(doors)[at + 1]}`).toEqual(first);
    });
    expect(answers['the app']!.map(({ status }) => status)).toEqual([
      404, 404, 204, 204, 200, 200, 200, 401, 401, 401, 400, 200, 404, 304, 412, 400, 400, 412, 412, 413, 415, 400, 400,
      204, 200, 204, 400, 400, 400, 400, 400, 400, 400, 400, 400, 404, 400, 400, 405, 204,
    ]);
    expect(answers['the direct door']![4]!.body).toBe('value é');
    expect(front.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
