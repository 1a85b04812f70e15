import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createPublicServer } from '../../../src/api/node/public-server.ts';
import { errorKinds } from '../../../src/shared/errors.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { codeOf, operations, violations } from './contract.ts';
import { gatewayOf } from './failing-fleet.ts';

/** What the server writes to a socket when the parser gives up with the error code. */
function answerTo(parserCode: string): { status: number; headers: Record<string, string>; body: Uint8Array } {
  const chunks: Buffer[] = [];
  const socket = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const server = createPublicServer(gatewayOf({}), silentLog);
  server.emit('clientError', Object.assign(new Error('of the parser'), { code: parserCode }), socket);
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ') as [string, string]));
  return { status: Number(statusLine.split(' ')[1]), headers, body: new TextEncoder().encode(body) };
}

test.each([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
  ['HPE_HEADER_OVERFLOW', 'request_head_too_large'],
  ['HPE_INVALID_CONSTANT', 'invalid_argument'],
] as const)('%s of the parser is told as %s, as openapi.yaml declares', (parserCode, code) => {
  const answer = answerTo(parserCode);
  expect(answer.status).toBe(errorKinds[code].status);
  expect(codeOf(answer)).toBe(code);
  expect(violations(operations.get('putItem')!, answer)).toEqual([]);
});
