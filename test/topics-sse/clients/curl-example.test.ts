import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../../support/fleet.ts';

const script = join(import.meta.dirname, '..', '..', '..', 'examples', 'curl.sh');
/** It follows streams for 7 s all in all. */
const runMs = 30_000;

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet({ zones: ['a'] });
});
afterAll(() => fleet.stop());

it(
  'examples/curl.sh: runs as written, and shows what its lines say',
  async () => {
    const env = { ...process.env, GODWIT_URL: fleet.url, GODWIT_TOKEN: fleet.adminToken };
    const { stdout } = await promisify(execFile)('sh', [script], { env, timeout: runMs });
    const parts = stdout.split(/^--- /m).slice(1);
    const part = (start: string) => parts.find((text) => text.startsWith(start))!;
    const fields = (start: string, name: string) =>
      [...part(start).matchAll(new RegExp(`^${name}: (.*)$`, 'gm'))].map((found) => found[1]);
    expect(part('Publish text')).toMatch(/^godwit-sequence-number: 1\r$/im);
    expect(JSON.parse(part('Publish many').split('\n')[1]!).items).toMatchObject([
      { sequence_number: 4 },
      { sequence_number: 5 },
    ]);
    expect(fields('What the subscriber saw', 'data').slice(1)).toEqual(['hello', 'AAEC', 'order 4711', 'one', '/wA=']);
    expect(fields('Resume', 'data')).toEqual(['order 4711', 'one', '/wA=']);
    expect(fields('An id', 'event').slice(0, 2)).toEqual(['discontinuity', 'message']);
    expect(fields('As JSON', 'data').map((data) => JSON.parse(data!).text)).toEqual(['one', undefined]);
    expect(part('Without Accept')).toMatch(/^godwit-next-sequence-number: 6\r$/im);
    expect(JSON.parse(fields('Several', 'data').at(-1)!)).toMatchObject({ sequence_number: 5, base64: '/wA=' });
    expect(part('Statistics')).toContain('"sequence_number":5');
  },
  runMs + 5_000,
);
