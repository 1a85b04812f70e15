import { describe, expect, test } from 'vitest';
import { operations, type SeenResponse, violations } from './contract.ts';

const increment = operations.get('incrementItem')!;
const counter = { applied: true, value: '1', etag: '"1-1"', ttl_ms: 5 };
const problem = {
  type: '/docs/errors#not_an_integer',
  title: 'Not An Integer',
  status: 409,
  detail: 'No.',
  code: 'not_an_integer',
  retryable: false,
};

function answer(
  status: number,
  contentType: string,
  body: unknown,
  headers: Record<string, string> = {},
): SeenResponse {
  return {
    status,
    headers: { 'content-type': contentType, ...headers },
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}

const good = (headers: Record<string, string> = {}) => answer(200, 'application/json', counter, headers);

describe('the check against openapi.yaml', () => {
  test('passes what is declared', () => {
    expect(violations(increment, good({ etag: '"1-1"', date: 'today' }))).toEqual([]);
    expect(violations(increment, answer(409, 'application/problem+json', problem))).toEqual([]);
  });

  test.each<[string, SeenResponse]>([
    ['a status', answer(202, 'application/json', counter)],
    ['a header', good({ 'x-extra': 'a' })],
    ['a header of another operation', good({ 'retry-after': '1' })],
    ['a header in another form', good({ etag: 'W/"1-1"' })],
    ['a content type', answer(200, 'text/plain', counter)],
    ['a member', answer(200, 'application/json', { ...counter, extra: 1 })],
    ['a missing member', answer(200, 'application/json', { applied: true })],
    ['a member in another form', answer(200, 'application/json', { ...counter, ttl_ms: 'soon' })],
    [
      'a code of another operation',
      answer(409, 'application/problem+json', { ...problem, code: 'cache_settings_differ' }),
    ],
    ['a code that nothing has', answer(409, 'application/problem+json', { ...problem, code: 'odd' })],
  ])('finds %s that is not', (_, response) => {
    expect(violations(increment, response)).toHaveLength(1);
  });

  test('finds a body where none is declared', () => {
    expect(violations(operations.get('putItem')!, answer(204, 'text/plain', 'a'))).toHaveLength(1);
  });
});
