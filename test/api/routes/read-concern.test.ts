import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/shared/operation.ts';
import { LoopbackGateway, LoopbackNode } from '../../support/loopback.ts';

let node: LoopbackNode;
let gateway: LoopbackGateway;
const submitted: Operation[] = [];

beforeAll(async () => {
  node = await new LoopbackNode('a').listen();
  gateway = await LoopbackGateway.start([node]);
  const submit = gateway.fleet.submit.bind(gateway.fleet);
  gateway.fleet.submit = (operation, ...rest) => {
    submitted.push(operation);
    submit(operation, ...rest);
  };
});
afterAll(async () => {
  await gateway.stop();
  await node.kill();
});
beforeEach(() => void submitted.splice(0));

/** Calls, and tells of what was sent to storage: its kind, and whether any copy may answer. */
async function sentBy(
  method: string,
  path: string,
  concern: string | undefined,
  json?: object,
): Promise<[number, ...string[]]> {
  const response = await fetch(`${gateway.url}/cache/cache${path}`, {
    method,
    headers: {
      ...gateway.authorization,
      ...(concern === undefined ? {} : { 'read-concern': concern }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  await response.arrayBuffer();
  return [
    response.status,
    ...submitted.map(
      (operation) => `${operation.kind}${'balanced' in operation && operation.balanced ? ' balanced' : ''}`,
    ),
  ];
}

describe('read concern', () => {
  it.each([
    ['GET', '?key=k', ['get']],
    ['HEAD', '?key=k', ['describe']],
    ['GET', '/ttl?key=k', ['describe']],
    ['GET', '/type?key=k', ['describe']],
    ['POST', '/get', ['get', 'get'], { keys: ['k', 'l'] }],
    ['POST', '/exists', ['describe', 'describe'], { keys: ['k', 'l'] }],
  ] as const)('%s %s: consistent unless the request says balanced', async (method, path, kinds, json?) => {
    for (const concern of [undefined, 'consistent']) {
      submitted.splice(0);
      expect((await sentBy(method, path, concern, json)).slice(1)).toEqual(kinds);
    }
    submitted.splice(0);
    expect((await sentBy(method, path, 'balanced', json)).slice(1)).toEqual(kinds.map((kind) => `${kind} balanced`));
  });

  it('in a batch of many kinds: of its reads only', async () => {
    const operations = [
      { op: 'get', key: 'k' },
      { op: 'exists', key: 'l' },
      { op: 'set', key: 'm', value: 'v' },
      { op: 'ttl', key: 'n' },
    ];
    expect(await sentBy('POST', '/batch', 'balanced', { operations })).toEqual([
      200,
      'get balanced',
      'describe balanced',
      'set',
      'describe balanced',
    ]);
  });

  it('another word is refused', async () => {
    expect(await sentBy('GET', '?key=k', 'eventual')).toEqual([400]);
  });
});
