import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../src/api/routes/index.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { firstProblem, sendRaw } from '../fuzz/raw-socket.ts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await startFleet({ gateway: { corsOrigins: ['https://app.example'] } });
});

afterAll(() => fleet.stop());

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'QUERY'];
const paths = [...new Set(routes.map(({ path }) => path))];
const methodsOf = (path: string) => routes.filter((route) => route.path === path).map(({ method }) => method);
const target = (path: string) => path.replaceAll(/\{\w+\}/g, 'default');

async function ask(path: string, method: string, headers: Record<string, string> = {}) {
  const response = await request(`${fleet.url}${path}`, { method: method as 'GET', headers });
  const text = await response.body.text();
  const problem = (text === '' ? {} : JSON.parse(text)) as { code?: string };
  return {
    status: response.statusCode,
    headers: response.headers,
    code: problem.code,
    type: response.headers['content-type'],
  };
}

describe('a known path with a method that it has not', () => {
  test.each(paths)('%s: 405 with Allow', async (path) => {
    const known: readonly string[] = methodsOf(path);
    for (const method of methods.filter((one) => !known.includes(one) && !(one === 'HEAD' && known.includes('GET')))) {
      const answer = await ask(target(path), method);
      expect(`${method} ${answer.status} ${answer.type}`).toBe(`${method} 405 application/problem+json`);
      const allowed = String(answer.headers['allow']).split(', ');
      expect(allowed).toEqual(expect.arrayContaining([...known, 'OPTIONS']));
      expect(allowed).not.toContain(method);
      if (method !== 'HEAD') expect(answer.code).toBe('method_not_allowed');
    }
  });
});

describe('a path that nothing has', () => {
  test.each([
    '/nothing',
    '/cache',
    '/cache/a/b/c',
    '/caches/a/b',
    '/docs/a/b',
    '//',
    '/cache//get',
    '/CACHE/default?key=a',
    '/tokens/',
  ])('%s: 404', async (path) => {
    const { status, type, code } = await ask(path, 'GET');
    expect({ status, type, code }).toEqual({ status: 404, type: 'application/problem+json', code: 'path_not_found' });
  });
});

describe('a method that nobody knows', () => {
  test('501', async () => {
    const answer = await sendRaw(fleet.url, 'FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer.statuses).toEqual([501]);
    expect(firstProblem(answer)).toMatchObject({ code: 'not_implemented', status: 501 });
  });
});

describe('preflight', () => {
  const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' };

  test.each(paths)('%s: tells its methods to an origin that is allowed', async (path) => {
    const { status, headers } = await ask(target(path), 'OPTIONS', { origin: 'https://app.example', ...preflight });
    expect(status).toBe(204);
    expect(headers['access-control-allow-origin']).toBe('https://app.example');
    expect(String(headers['access-control-allow-methods']).split(', ')).toEqual(
      expect.arrayContaining(methodsOf(path)),
    );
  });

  test('tells every header that an operation reads', async () => {
    const { headers } = await ask('/cache/default', 'OPTIONS', { origin: 'https://app.example', ...preflight });
    const allowed = String(headers['access-control-allow-headers']).split(', ');
    const read = routes.flatMap(({ parameters }) => parameters.filter((parameter) => parameter.in === 'header'));
    expect(allowed).toEqual(expect.arrayContaining(read.map(({ name }) => name.toLowerCase())));
  });

  test('tells another origin nothing', async () => {
    const { status, headers } = await ask('/cache/default', 'OPTIONS', {
      origin: 'https://elsewhere.example',
      ...preflight,
    });
    expect(status).toBe(204);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});
