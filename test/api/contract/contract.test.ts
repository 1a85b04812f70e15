import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ErrorCode } from '../../../src/shared/errors.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { type Call, createCall } from './caller.ts';
import { exerciseBatches } from './cases/batches.ts';
import { exerciseCaches } from './cases/caches.ts';
import { exerciseFleet } from './cases/fleet.ts';
import { exerciseItems } from './cases/items.ts';
import { exerciseRefusals } from './cases/refusals.ts';
import { exerciseService } from './cases/service.ts';
import { exerciseTokens } from './cases/tokens.ts';
import { exerciseTopics } from './cases/topics.ts';
import { codeOf, type Operation, operations, type SeenResponse, violations } from './contract.ts';
import { Coverage } from './coverage.ts';
import { answerUnder, failures, fullResult, lonelyResult } from './failing-fleet.ts';
import { readViolations, WatchedQuery, watchReads } from './reads.ts';

vi.mock('../../../src/api/http/query.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../src/api/http/query.ts')>();
  return { ...original, parseQuery: (query: string) => new WatchedQuery(original.parseQuery(query)) };
});

/** Codes that no request to a healthy fleet can provoke within a test's time, each with where it is looked at. */
const excusedCodes: ReadonlySet<string> = new Set([
  // Below, on a fleet that fails.
  ...Object.keys(failures),
  'cache_full',
  'not_enough_copies',
  'not_ready',
  // Given by the HTTP parser before there is an operation: `parser-refusals.test.ts`.
  'request_timeout',
  'request_head_too_large',
]);

/** Operations that ask nobody, or get by without: a failing fleet does not make them fail. */
const needsNoFleet: ReadonlySet<string> = new Set([
  ...['getLive', 'getReady', 'getServiceIndex', 'getOpenApi', 'getDocs', 'getErrorsPage', 'getDocsFile', 'getJwkSet'],
  ...['listCaches', 'getCache'],
  // Failures of storage are outcomes of the items.
  ...['getItems', 'queryItems', 'itemsExist', 'queryItemsExist'],
]);

let fleet: TestFleet;
let call: Call;
let foreignToken: string;
const coverage = new Coverage();
const stopWatching = watchReads();

beforeAll(async () => {
  fleet = await startFleet();
  call = createCall(fleet.url, fleet.adminToken, coverage);
  const rights = [{ type: 'cache', cache: 'somebody-elses', actions: ['read', 'write'] }];
  const json = { authorization_details: rights, expires_in_seconds: 600 };
  foreignToken = (await call('issueToken', { json }, 201)).json<{ token: string }>().token;
});

afterAll(async () => {
  stopWatching();
  await fleet.stop();
});

describe('every answer is one that openapi.yaml declares', () => {
  test('items', () => exerciseItems(call));
  test('batches', () => exerciseBatches(call));
  test('topics', () => exerciseTopics(call));
  test('caches', () => exerciseCaches(call));
  test('tokens', () => exerciseTokens(call));
  test('fleet', () => exerciseFleet(call));
  test('service and documentation', () => exerciseService(call, foreignToken));
  test('refusals', () => exerciseRefusals(call, fleet.adminToken, foreignToken));
});

describe('every failure of the fleet is told as openapi.yaml declares', () => {
  const declaring = (code: ErrorCode) =>
    [...operations.values()].filter(
      ({ method, answers }) => method !== 'HEAD' && [...answers.values()].some(({ codes }) => codes.includes(code)),
    );
  const expectCode = async (answer: Promise<SeenResponse>, operation: Operation, code: ErrorCode) => {
    const response = await answer;
    expect(`${operation.operationId} ${codeOf(response)}`).toBe(`${operation.operationId} ${code}`);
    expect(violations(operation, response)).toEqual([]);
  };

  test.each(Object.keys(failures) as ErrorCode[])('%s', async (code) => {
    const told = declaring(code).filter(
      ({ operationId, path }) =>
        (!['internal_error', 'overloaded'].includes(code) || !needsNoFleet.has(operationId)) &&
        // Of writes of items and messages these come only where a write creates its cache (`--create-caches`).
        !(/^\/(cache|topics)\//.test(path) && ['limit_reached', 'control_plane_unavailable'].includes(code)),
    );
    expect(told.length).toBeGreaterThan(0);
    for (const operation of told)
      await expectCode(answerUnder({ error: failures[code]!() }, operation), operation, code);
  });

  test('cache_full', async () => {
    expect(declaring('cache_full').length).toBeGreaterThan(0);
    for (const operation of declaring('cache_full'))
      await expectCode(answerUnder({ result: fullResult }, operation), operation, 'cache_full');
  });

  test('not_enough_copies', async () => {
    expect(declaring('not_enough_copies').length).toBeGreaterThan(0);
    for (const operation of declaring('not_enough_copies'))
      await expectCode(answerUnder({ result: lonelyResult }, operation), operation, 'not_enough_copies');
  });

  test('not_ready', async () => {
    const operation = operations.get('getReady')!;
    await expectCode(answerUnder({}, operation, false), operation, 'not_ready');
  });
});

describe('openapi.yaml declares nothing that is not so', () => {
  test('every status, header, content type, parameter and code was seen above', () => {
    const unseen = coverage.unseen(excusedCodes).filter((one) => {
      // Only a target or Host that `fetch` does not send is refused there: `no-operation.test.ts`, and the fuzz corpus.
      const [operationId, code] = one.split(' ');
      return code !== 'invalid_argument' || !needsNoFleet.has(operationId!);
    });
    expect(unseen).toEqual([]);
  });

  test('every handler reads the parameters that it declares, and no other', () => {
    expect(readViolations()).toEqual([]);
  });
});
