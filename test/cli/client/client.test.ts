import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CliError } from '../../../src/cli/cli-error.ts';
import * as cache from '../../../src/cli/client/cache.ts';
import { parseRight } from '../../../src/cli/client/rights.ts';
import * as token from '../../../src/cli/client/token.ts';
import { type CommandName, type CommandSpec, commands } from '../../../src/cli/commands.ts';
import { parseCommand } from '../../../src/cli/parse-options.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A server that notes what it is asked and gives the answers it was told, in order. */
let server: Server;
let directory: string;
let url: string;
const seen: Seen[] = [];
const answers: { status: number; body?: unknown }[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-client-'));
  writeFileSync(join(directory, 'admin.key'), 'the-admin-key\n');
  writeFileSync(join(directory, 'refresh'), 'the-refresh-token\n');
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      seen.push({
        method: method!,
        url: path!,
        authorization: headers.authorization,
        body: Buffer.concat(chunks).toString(),
      });
      const { status, body } = answers.shift() ?? { status: 204 };
      response.writeHead(status).end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  seen.length = 0;
  answers.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function output() {
  const printed = { stdout: '', stderr: '' };
  return {
    printed,
    stdout: (data: string | Uint8Array) => {
      printed.stdout += typeof data === 'string' ? data : Buffer.from(data).toString();
    },
    stderr: (text: string) => {
      printed.stderr += text;
    },
  };
}

function parsed<C extends CommandName>(command: C, ...argv: string[]) {
  const words = (commands[command] as CommandSpec).arguments?.filter((word) => !word.startsWith('[')) ?? [];
  const own = command === 'token refresh' ? [] : [`--data-dir=${directory}`];
  return parseCommand(command, [`--url=${url}`, ...own, ...argv, ...words], {});
}

describe('token', () => {
  test('issue: sends rights and lifetime, prints the token alone on stdout', async () => {
    answers.push({
      status: 201,
      body: { token: 'abc', jti: 'j1', expires_at: 1_767_225_600, refresh_token: 'r' },
    });
    const out = output();
    const { options } = parsed(
      'token issue',
      '--allow=cache:read:sessions:prefix=user%3A',
      '--expires-in=90m',
      '--token-id=me',
    );
    await token.issueToken(options, out);
    expect(seen).toMatchObject([{ method: 'POST', url: '/tokens', authorization: 'Bearer the-admin-key' }]);
    expect(JSON.parse(seen[0]!.body)).toEqual({
      authorization_details: [{ type: 'cache', cache: 'sessions', item: { key_prefix: 'user:' }, actions: ['read'] }],
      expires_in_seconds: 5_400,
      token_id: 'me',
    });
    expect(out.printed).toEqual({ stdout: 'abc\n', stderr: 'jti j1, expires 2026-01-01T00:00:00.000Z\n' });
  });

  test('issue --json: prints the whole answer', async () => {
    answers.push({ status: 201, body: { token: 'abc', refresh_token: 'r' } });
    const out = output();
    await token.issueToken(parsed('token issue', '--allow=operations', '--json').options, out);
    expect(JSON.parse(out.printed.stdout)).toEqual({ token: 'abc', refresh_token: 'r' });
    expect(out.printed.stderr).toBe('');
  });

  test('refresh: sends the refresh token of the file', async () => {
    answers.push({ status: 200, body: { token: 'def', jti: 'j1', expires_at: null } });
    const out = output();
    await token.refreshToken(parsed('token refresh', `--refresh-token-file=${directory}/refresh`).options, out);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/tokens/refresh',
      authorization: undefined,
      body: '{"refresh_token":"the-refresh-token"}',
    });
    expect(out.printed).toEqual({ stdout: 'def\n', stderr: 'jti j1, expires never\n' });
  });

  test('list: reads page after page and prints a table without control characters', async () => {
    const entry = {
      jti: 'j1',
      subject: 'me\u001b[31m',
      token_id: null,
      expires_at: 0,
      revoked: false,
      authorization_details: [],
    };
    answers.push({ status: 200, body: { tokens: [entry], next_token: 'p2' } });
    answers.push({ status: 200, body: { tokens: [{ ...entry, jti: 'j2' }] } });
    const out = output();
    await token.listTokens(parsed('token list', '--account=acme').options, out);
    expect(seen.map((call) => call.url)).toEqual(['/tokens?account=acme', '/tokens?account=acme&next_token=p2']);
    expect(out.printed.stdout).toBe(
      'JTI  SUBJECT  TOKEN ID  EXPIRES                   REVOKED  DESCRIPTION  RIGHTS\n' +
        'j1   me?[31m  -         1970-01-01T00:00:00.000Z  no       -            []\n' +
        'j2   me?[31m  -         1970-01-01T00:00:00.000Z  no       -            []\n',
    );
  });

  test('revoke and rotate-keys', async () => {
    const out = output();
    await token.revokeToken(parsed('token revoke').options, ['a/b'], out);
    await token.rotateKeys(parsed('token rotate-keys').options, out);
    expect(seen.map((call) => `${call.method} ${call.url}`)).toEqual([
      'DELETE /tokens/a%2Fb',
      'POST /tokens/keys/rotate',
    ]);
  });
});

describe('cache', () => {
  test('create: sends the named settings only, and tells a new cache from an existing one', async () => {
    const out = output();
    answers.push({ status: 201, body: {} }, { status: 200, body: {} });
    const { options } = parsed('cache create', '--default-ttl=10m', '--eviction=none', '--memory-share=0.25');
    await cache.createCache(options, ['sessions'], out);
    await cache.createCache(parsed('cache create').options, ['sessions'], out);
    expect(seen.map((call) => `${call.method} ${call.url} ${call.body}`)).toEqual([
      'PUT /caches/sessions {"default_ttl_ms":600000,"eviction":"none","memory_share":0.25}',
      'PUT /caches/sessions {}',
    ]);
    expect(out.printed.stdout).toBe('created\nexists already\n');
  });

  test('create and update: --min-in-sync says how many copies a write needs; more than a fleet keeps is refused', async () => {
    answers.push({ status: 201, body: {} }, { status: 200, body: {} });
    await cache.createCache(parsed('cache create', '--min-in-sync=2').options, ['c'], output());
    await cache.updateCache(parsed('cache update', '--min-in-sync=1').options, ['c'], output());
    expect(seen.map((call) => `${call.method} ${call.url} ${call.body}`)).toEqual([
      'PUT /caches/c {"min_in_sync":2}',
      'PATCH /caches/c {"min_in_sync":1}',
    ]);
    for (const [number, told] of [
      ['0', '0 is out of range, expected 1 to 3'],
      ['4', '4 is out of range, expected 1 to 3'],
      ['two', 'expected a whole number'],
    ]) {
      expect(() => parsed('cache create', `--min-in-sync=${number}`)).toThrow(`bad --min-in-sync: ${told}`);
    }
  });

  test('create and update: settings of topics, in the units that people use', async () => {
    const flags = [
      '--topic-messages-max=0',
      '--topic-retention=5m',
      '--topic-log-max=2MiB',
      '--topic-message-max=4KiB',
    ];
    answers.push({ status: 201, body: {} }, { status: 200, body: {} });
    await cache.createCache(parsed('cache create', ...flags).options, ['c'], output());
    await cache.updateCache(parsed('cache update', '--topic-retention=0').options, ['c'], output());
    expect(seen.map((call) => `${call.method} ${call.body}`)).toEqual([
      'PUT {"topic_messages_max":0,"topic_retention_ms":300000,"topic_log_bytes_max":2097152,"topic_message_bytes_max":4096}',
      'PATCH {"topic_retention_ms":0}',
    ]);
  });

  test('list: a row for each cache, hyphens where the server cannot tell', async () => {
    const settings = { default_ttl_ms: 60_000, eviction: 'evict', memory_share: 0.25 };
    const statistics = { items: 2, bytes: 2_048, hits: 3, misses: 4, evictions: 0 };
    answers.push({
      status: 200,
      body: {
        caches: [
          { name: 'a', settings, statistics },
          { name: 'b', settings: { ...settings, memory_share: undefined }, statistics: null },
        ],
      },
    });
    const out = output();
    await cache.listCaches(parsed('cache list').options, out);
    expect(out.printed.stdout).toBe(
      'CACHE  ITEMS  BYTES  HITS  MISSES  EVICTIONS  DEFAULT TTL  EVICTION  MEMORY SHARE\n' +
        'a      2      2 KiB  3     4       0          60 s         evict     0.25\n' +
        'b      -      -      -     -       -          60 s         evict     -\n',
    );
  });

  test('update, flush, delete', async () => {
    const out = output();
    await cache.updateCache(
      parsed('cache update', '--cache-control=max-age=5', '--memory-share=0').options,
      ['c'],
      out,
    );
    await cache.flushCache(parsed('cache flush').options, ['c'], out);
    await cache.deleteCache(parsed('cache delete').options, ['c'], out);
    expect(seen.map((call) => `${call.method} ${call.url} ${call.body}`.trim())).toEqual([
      'PATCH /caches/c {"cache_control":"max-age=5","memory_share":0}',
      'POST /caches/c/flush',
      'DELETE /caches/c',
    ]);
    expect(out.printed.stdout).toBe('updated\nflushed\ndeleted\n');
  });

  test('set: takes the value as a word or from stdin, byte for byte; get writes it out the same', async () => {
    const out = output();
    const { options } = parsed('cache set', '--ttl=60s');
    await cache.setItem(options, ['c', 'a key&x', 'world'], out, Readable.from([]));
    await cache.setItem(
      parsed('cache set').options,
      ['c', 'k'],
      out,
      Readable.from([Buffer.from('from '), Buffer.from('stdin')]),
    );
    expect(seen.map((call) => `${call.method} ${call.url} ${call.body}`)).toEqual([
      'PUT /cache/c?key=a%20key%26x&ttl_ms=60000 world',
      'PUT /cache/c?key=k from stdin',
    ]);
    answers.push({ status: 200, body: 'world' });
    const got = output();
    await cache.getItem(parsed('cache get').options, ['c', 'k'], got);
    expect(got.printed.stdout).toBe('world');
  });

  test('set: a value on stdin larger than any item is refused before it is sent', async () => {
    const endless = Readable.from(Array.from({ length: 8 }, () => Buffer.alloc(1024 * 1024)));
    await expect(cache.setItem(parsed('cache set').options, ['c', 'k'], output(), endless)).rejects.toThrow(
      'larger than 5 MiB',
    );
    expect(seen).toEqual([]);
  });

  test('--json: says what was done where the answer is empty', async () => {
    const out = output();
    await cache.removeItem(parsed('cache remove', '--json').options, ['c', 'k'], out);
    expect(JSON.parse(out.printed.stdout)).toEqual({ removed: true });
  });
});

describe('a refusal', () => {
  async function refusal(action: Promise<void>): Promise<CliError> {
    const error = await action.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CliError);
    return error as CliError;
  }

  test('is title and detail of the problem document on one line, exit code 1', async () => {
    answers.push({ status: 404, body: { title: 'Cache Not Found', detail: 'no cache\nof this \u001b[31mname' } });
    const error = await refusal(cache.flushCache(parsed('cache flush').options, ['c'], output()));
    expect(error).toMatchObject({ exitCode: 1, message: 'Cache Not Found: no cache of this [31mname' });
  });

  test('of something else than Godwit is its status', async () => {
    answers.push({ status: 502, body: '<html>' });
    const error = await refusal(cache.listCaches(parsed('cache list').options, output()));
    expect(error.message).toBe('the server answered with status 502');
  });

  test('an answer that is not JSON where it should be says so', async () => {
    answers.push({ status: 200, body: '<html>' });
    const error = await refusal(cache.listCaches(parsed('cache list').options, output()));
    expect(error.message).toContain('did not answer with JSON');
  });

  test('never shows the token', async () => {
    writeFileSync(join(directory, 'broken'), 'secret\u0000token');
    const error = await refusal(
      cache.listCaches(parsed('cache list', `--token-file=${directory}/broken`).options, output()),
    );
    expect(error.message).toBe(`the token file ${directory}/broken holds something else`);
  });
});

describe('--allow', () => {
  test.each([
    ['cache:readwrite:default', { type: 'cache', cache: 'default', actions: ['read', 'write'] }],
    ['cache:write:*:key=a%2Cb', { type: 'cache', cache: '*', item: { key: 'a,b' }, actions: ['write'] }],
    ['cache:read:a%3Ab:*', { type: 'cache', cache: 'a:b', item: '*', actions: ['read'] }],
    ['topic:both:c', { type: 'topic', cache: 'c', actions: ['publish', 'subscribe'] }],
    ['topic:subscribe:c:news', { type: 'topic', cache: 'c', topic: { name: 'news' }, actions: ['subscribe'] }],
    ['topic:publish:c:prefix=news-', { type: 'topic', cache: 'c', topic: { prefix: 'news-' }, actions: ['publish'] }],
    ['administration', { type: 'administration', actions: ['read', 'write'] }],
    ['administration:read:c', { type: 'administration', caches: 'c', actions: ['read'] }],
    ['token_issuance', { type: 'token_issuance', actions: ['issue', 'revoke', 'list'] }],
    ['operations', { type: 'operations', actions: ['read'] }],
  ])('%s', (text, detail) => {
    expect(parseRight(text)).toEqual(detail);
  });

  test.each([
    '',
    'cache',
    'cache:read',
    'cache:toString:c',
    'cache:read:c:k',
    'cache:read:c:key=',
    'cache:read:c:key=%',
    'cache:read:c:key=a:b',
    'cache:read:a/b',
    'topic:read:c',
    'administration:read:c:x',
    'operations:read',
    'super_user',
    'admin',
  ])('refuses %j', (text) => {
    expect(() => parseRight(text)).toThrow('bad --allow');
  });
});
