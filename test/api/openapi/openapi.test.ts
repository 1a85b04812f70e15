import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { generatedOpenApi } from '../../../scripts/generate-openapi.ts';
import { openApiDocument } from '../../../src/api/openapi/document.ts';
import { Schemas } from '../../../src/api/openapi/schemas.ts';
import { byStatus, problemsOf, problemsOfNoOperation } from '../../../src/api/problems.ts';
import { routes } from '../../../src/api/routes/index.ts';
import type { Route } from '../../../src/api/routes/route.ts';
import { type ErrorCode, errorKinds } from '../../../src/shared/errors.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const plain: Route = {
  method: 'GET',
  path: '/thing/{name}',
  operationId: 'getThing',
  tag: 'Items',
  summary: 'A thing',
  description: 'A thing.',
  access: 'public',
  parameters: [],
  responses: { 200: { description: 'It.' } },
  problems: [],
  handle: () => ({ status: 200, headers: [], body: null }),
};

describe('openapi.yaml', () => {
  test('is what the routes say: run `node scripts/generate-openapi.ts` when this fails', () => {
    expect(readFileSync(`${root}openapi.yaml`, 'utf8')).toBe(generatedOpenApi());
  });

  test('is lint-free', () => {
    const output = execFileSync(
      process.execPath,
      ['node_modules/@redocly/cli/bin/cli.js', 'lint', '--format=json', 'godwit'],
      {
        cwd: root,
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    expect(JSON.parse(output)).toMatchObject({ totals: { errors: 0, warnings: 0, ignored: 0 } });
  });

  test('has every route once, and no other', () => {
    const { paths } = parse(generatedOpenApi()) as { paths: Record<string, Record<string, { operationId: string }>> };
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
    );
    const served = routes.map(
      ({ method, path, operationId }) =>
        `${method === 'QUERY' ? 'x-query' : method.toLowerCase()} ${path} ${operationId}`,
    );
    expect(described.sort()).toEqual(served.sort());
  });

  test('writes the same parameter of several operations once', () => {
    const { components } = parse(generatedOpenApi()) as {
      components: { parameters: Record<string, { name: string }> };
    };
    const names = Object.entries(components.parameters).map(([id, { name }]) => [id, name]);
    expect(names).toContainEqual(['KeyBase64', 'key_base64']);
    const written = Object.values(components.parameters).map((parameter) => JSON.stringify(parameter));
    expect(new Set(written).size).toBe(written.length);
  });

  test('keeps every code of the table of errors in use', () => {
    const used = new Set<ErrorCode>([...problemsOfNoOperation, ...routes.flatMap(problemsOf)]);
    const elsewhere: readonly ErrorCode[] = [
      // Storage knows it; every item is a scalar until there are collections.
      'wrong_type',
      // Told to storage nodes that register.
      'node_id_in_use',
      // The outcome of one item of a batch, never of a request.
      'answer_too_large',
    ];
    expect((Object.keys(errorKinds) as ErrorCode[]).filter((code) => !used.has(code))).toEqual(elsewhere);
  });
});

describe('document', () => {
  test('a QUERY route becomes an extension with a whole operation', () => {
    const document = openApiDocument('1.0.0', [{ ...plain, method: 'QUERY' }]);
    expect(document['paths']).toMatchObject({ '/thing/{name}': { 'x-query': { operationId: 'getThing' } } });
  });

  test('refuses two routes of one method and path', () => {
    expect(() => openApiDocument('1.0.0', [plain, plain])).toThrow('Two routes have GET /thing/{name}.');
  });

  test('refuses a header that is not in the table', () => {
    const route = { ...plain, responses: { 200: { description: 'It.', headers: ['X-Unknown'] } } };
    expect(() => openApiDocument('1.0.0', [route])).toThrow('X-Unknown is not in response-headers.ts');
  });

  test('refuses a tag without a description', () => {
    expect(() => openApiDocument('1.0.0', [{ ...plain, tag: 'Odd' }])).toThrow('The tag Odd has no description');
  });

  test('refuses two schemas of one id', () => {
    const schemas = new Schemas();
    schemas.of(z.object({ a: z.strictObject({ b: z.string() }).meta({ id: 'TwiceNamed' }) }), 'output');
    const other = z.object({ a: z.strictObject({ b: z.number() }).meta({ id: 'TwiceNamed' }) });
    expect(() => schemas.of(other, 'output')).toThrow();
  });
});

describe('problems', () => {
  const of = (change: Partial<Route>) => problemsOf({ ...plain, ...change });

  test('a route has its own and those of every route, in the order of the table', () => {
    expect(of({ problems: ['key_not_found'] })).toEqual([
      'invalid_argument',
      'key_not_found',
      'request_timeout',
      'request_head_too_large',
      'internal_error',
    ]);
  });

  test('only a route that takes a token refuses for the lack of it', () => {
    expect(of({})).not.toContain('authentication_required');
    expect(of({ access: 'token' })).toContain('authentication_required');
  });

  test('only a route that reads storage can miss it', () => {
    expect(of({})).not.toContain('storage_unavailable');
    expect(of({ path: '/cache/{cache}/thing', problems: ['deadline_exceeded'] })).toContain('storage_unavailable');
  });

  test('codes of one status stand together, statuses ascending', () => {
    expect([...byStatus(['outcome_unknown', 'key_not_found', 'cache_not_found'])]).toEqual([
      [404, ['key_not_found', 'cache_not_found']],
      [504, ['outcome_unknown']],
    ]);
  });
});
