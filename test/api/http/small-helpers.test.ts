import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressReply } from '../../../src/api/http/compression.ts';
import { HttpDates } from '../../../src/api/http/http-dates.ts';
import { RequestIds } from '../../../src/api/http/request-ids.ts';
import { parseTraceparent } from '../../../src/api/http/trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('version 00: ids as bytes, and whether it is sampled', () => {
    const trace = parseTraceparent(`00-${traceId}-${parentId}-01`)!;
    expect([trace.traceId, Buffer.from(trace.bytes).toString('hex'), trace.sampled]).toEqual([
      traceId,
      traceId + parentId,
      true,
    ]);
    expect(parseTraceparent(`00-${traceId}-${parentId}-00`)!.sampled).toBe(false);
    expect(parseTraceparent(`00-${traceId}-${parentId}-ff`)!.sampled).toBe(true);
    expect(parseTraceparent(` 00-${traceId}-${parentId}-01\t`)).not.toBeNull();
  });

  it('a later version: what it shares with 00', () => {
    expect(parseTraceparent(`cc-${traceId}-${parentId}-01`)!.traceId).toBe(traceId);
    expect(parseTraceparent(`cc-${traceId}-${parentId}-01-what-the-future-brings`)!.traceId).toBe(traceId);
  });

  it.each([
    undefined,
    '',
    'garbage',
    `00-${traceId}-${parentId}`,
    `00-${traceId}-${parentId}-1`,
    `00-${traceId}-${parentId}-011`,
    `00-${traceId}-${parentId}-01-`,
    `00-${traceId}-${parentId}-01-more`,
    `cc-${traceId}-${parentId}-01.more`,
    `ff-${traceId}-${parentId}-01`,
    `0-${traceId}-${parentId}-01`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${'0'.repeat(32)}-${parentId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.slice(1)}-${parentId}-01`,
    `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`,
  ])('%j is no trace, and no error', (header) => {
    expect(parseTraceparent(header)).toBeNull();
  });
});

describe('compression', () => {
  const reply = { status: 200, headers: ['content-type', 'application/json'], body: JSON.stringify('x'.repeat(5_000)) };

  it.each(['gzip', 'GZIP', 'br, gzip;q=0.5', '*', 'deflate, *;q=0.1', 'gzip ; q=1.0'])(
    '%j takes gzip',
    async (accepts) => {
      const { headers, body } = await compressReply(reply, accepts);
      expect(headers.slice(2)).toEqual(['vary', 'accept-encoding', 'content-encoding', 'gzip']);
      expect(gunzipSync(body as Uint8Array).toString()).toBe(reply.body);
    },
  );

  it.each([undefined, '', 'br', 'identity', 'gzip;q=0', 'gzip;q=0.000', '*;q=0', 'gzip;q=0, *', 'xgzip', 'gzip;q=x'])(
    '%j does not',
    async (accepts) => {
      const { headers, body } = await compressReply(reply, accepts);
      expect(headers.slice(2)).toEqual(['vary', 'accept-encoding']);
      expect(body).toBe(reply.body);
    },
  );

  it('a small body or none stays as it is', async () => {
    for (const body of [null, '{}'])
      expect(await compressReply({ ...reply, body }, 'gzip')).toEqual({ ...reply, body });
  });
});

describe('http dates', () => {
  it('as RFC 9110 §5.6.7 shows one, down to the second', () => {
    const dates = new HttpDates();
    const at = Date.UTC(1994, 10, 6, 8, 49, 37);
    for (const ms of [0, 1, 999]) expect(dates.at(at + ms)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    expect(dates.at(at + 1_000)).toBe('Sun, 06 Nov 1994 08:49:38 GMT');
  });

  it('remembers a bounded number of them', () => {
    const dates = new HttpDates();
    for (let second = 0; second < 10_000; second++) dates.at(second * 1_000);
    expect(dates.at(0)).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  });
});

describe('request ids', () => {
  it('a plain one of the caller’s is kept', () => {
    const ids = new RequestIds(() => 0.5);
    for (const given of ['a', 'A-b_c.9', 'x'.repeat(64)]) expect(ids.next(given)).toBe(given);
  });

  it.each([undefined, '', 'a b', 'a\nb', 'é', '"', '{}', 'x'.repeat(65)])('%j is replaced by a new one', (given) => {
    const ids = new RequestIds(() => 0);
    const made = [ids.next(given), ids.next(given)];
    expect(new Set(made).size).toBe(2);
    for (const id of made) expect(id).toMatch(/^[0-9a-z]{8}-[0-9a-z]+$/);
  });
});
