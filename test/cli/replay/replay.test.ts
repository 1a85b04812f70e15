import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReplayContext, type ReplayOptions, run } from '../../../src/cli/replay/command.ts';
import type { ReplayReport } from '../../../src/cli/replay/report.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { removeTraceFiles, traceFile } from './trace-file.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(async () => {
  await fleet.stop();
  removeTraceFiles();
});

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: Error | undefined;
}

async function replay(
  trace: string,
  options: Partial<ReplayOptions> = {},
  context: Partial<ReplayContext> = {},
): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const output = {
    stdout: (data: string | Uint8Array) => {
      stdout += data.toString();
    },
    stderr: (text: string) => {
      stderr += text;
    },
  };
  const given = {
    url: fleet.url,
    dataDir: fleet.dataDir,
    tokenFile: undefined,
    cache: 'default',
    connections: 4,
    limit: undefined,
    speed: undefined,
    json: true,
  };
  const error = await run(
    { ...given, ...options, trace },
    { output, clock: systemClock, terminalColumns: undefined, onInterrupt: () => () => {}, ...context },
  ).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  return { stdout, stderr, error };
}

const reportOf = (outcome: Outcome) => JSON.parse(outcome.stdout) as ReplayReport;

/** Gets and hits of a cache that never evicts, when every miss is filled: what a replay of one key after another must find. */
function expected(operations: readonly (readonly [string, string])[]): { gets: number; hits: number; sets: number } {
  const stored = new Set<string>();
  const counts = { gets: 0, hits: 0, sets: 0 };
  for (const [operation, key] of operations) {
    if (operation === 'get') {
      counts.gets++;
      if (stored.has(key)) counts.hits++;
    }
    if (operation === 'set' || (operation === 'get' && !stored.has(key))) counts.sets++;
    if (operation === 'delete') stored.delete(key);
    else stored.add(key);
  }
  return counts;
}

describe('replay', () => {
  it('finds exactly the hits of an endless cache, since a key’s requests stay in order', async () => {
    const operations = Array.from({ length: 3_000 }, (_, i) => {
      const kind = ['get', 'get', 'get', 'set', 'get', 'delete'][(i * 7) % 6]!;
      return [kind, `exact-${(i * i) % 61}`] as const;
    });
    const rows = operations.map(([kind, key], i) => `${i},${key},8,${10 + (i % 50)},1,${kind},0`);
    const outcome = await replay(traceFile(`${rows.join('\n')}\n`), { connections: 16 });
    expect(outcome.error).toBeUndefined();
    expect(reportOf(outcome)).toMatchObject({
      format: 'twitter-csv',
      requests: 3_000,
      ...expected(operations),
      errors: {},
      mismatches: 0,
      interrupted: false,
    });
  });

  it('fills a miss with the trace’s size and TTL, and clamps a TTL that is too long', async () => {
    const day = 86_400;
    const outcome = await replay(traceFile(`0,filled,6,77,1,get,60\n0,clamped,7,5,1,set,${31 * day}\n`));
    expect(reportOf(outcome)).toMatchObject({ hits: 0, sets: 2, clamped_ttls: 1, bytes_written: 82 });
    const get = (key: string) =>
      fetch(`${fleet.url}/cache/default?key=${key}`, { headers: { authorization: `Bearer ${fleet.adminToken}` } });
    const filled = await get('filled');
    expect((await filled.arrayBuffer()).byteLength).toBe(77);
    expect(Number(filled.headers.get('godwit-ttl-ms'))).toBeGreaterThan(50_000);
    expect(Number(filled.headers.get('godwit-ttl-ms'))).toBeLessThanOrEqual(60_000);
    const clamped = await get('clamped');
    await clamped.arrayBuffer();
    expect(Number(clamped.headers.get('godwit-ttl-ms'))).toBeLessThanOrEqual(30 * day * 1_000);
  });

  it('does not make requests for objects that are too large or of unknown size, and counts them', async () => {
    const rows =
      'timestamp,cacheKey,OpType,objectSize,TTL\n1,a,1,6000000,0\n1,b,1,-1,0\n1,c,1,300000,0\n1,c,1,300000,0\n';
    expect(reportOf(await replay(traceFile(rows)))).toMatchObject({
      requests: 2,
      hits: 1,
      bytes_read: 300_000,
      skipped_too_large: 1,
      skipped_unknown_size: 1,
      mismatches: 0,
    });
  });

  it('counts a hit whose bytes are not the key’s as a mismatch, and fails', async () => {
    const { status } = await fetch(`${fleet.url}/cache/default?key=1`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${fleet.adminToken}` },
      body: 'not what a replay stores',
    });
    expect(status).toBe(204);
    const outcome = await replay(traceFile('1 1 24\n2 2 24\n'));
    expect(reportOf(outcome)).toMatchObject({ hits: 1, mismatches: 1 });
    expect(outcome.error).toMatchObject({ exitCode: 1, message: 'the replay saw 0 errors and 1 mismatches' });
  });

  it('makes a row’s requests as often as it says, up to the limit', async () => {
    const rows = 'op_time,key,op,op_count,size,ttl\n1,often,GET,10,8,0\n';
    expect(reportOf(await replay(traceFile(rows), { limit: 4 }))).toMatchObject({ requests: 4, hits: 3, sets: 1 });
  });

  it('keeps the times of the trace when it is given a speed', async () => {
    const startedAtMs = performance.now();
    const outcome = await replay(traceFile('10 901 8\n12 902 8\n14 903 8\n'), { speed: 40 });
    expect(reportOf(outcome)).toMatchObject({ requests: 3, errors: {} });
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(99);
  });

  it('sends keys that need escaping as they are', async () => {
    const key = 'a b&c=d/é?#%+';
    expect(reportOf(await replay(traceFile(`0,${key},13,9,1,set,0\n`)))).toMatchObject({ sets: 1, errors: {} });
    const answer = await fetch(`${fleet.url}/cache/default?key=${encodeURIComponent(key)}`, {
      headers: { authorization: `Bearer ${fleet.adminToken}` },
    });
    expect((await answer.arrayBuffer()).byteLength).toBe(9);
  });

  it('prints a report for people, without control characters where nobody looks', async () => {
    const outcome = await replay(traceFile('1 70 8\n2 70 8\n'), { json: false });
    expect(outcome.stdout).toContain('1 of 2 gets, hit ratio 50.00 %');
    expect(outcome.stdout).toMatch(/^Errors +none$/m);
    expect(outcome.stdout).toMatch(/^Latency get +p50 .*p99 .*p99\.9 .*max /m);
    expect(outcome.stderr).toBe('');
  });

  it('stops on Ctrl-C, reports what it has, and fails', async () => {
    const trace = traceFile(Array.from({ length: 50 }, (_, i) => `${i} ${i} 8\n`).join(''));
    const outcome = await replay(
      trace,
      { speed: 1 },
      {
        terminalColumns: 80,
        onInterrupt: (stop) => {
          const timer = setTimeout(stop, 50);
          return () => clearTimeout(timer);
        },
      },
    );
    expect(outcome.error?.message).toBe('the replay was interrupted');
    expect(reportOf(outcome).interrupted).toBe(true);
    expect(reportOf(outcome).requests).toBeLessThan(50);
    expect(outcome.stderr.endsWith('\r\x1b[K')).toBe(true);
  });
});

describe('replay refuses to begin', () => {
  const trace = () => traceFile('1 1 8\n');

  it('in a cache that does not exist', async () => {
    const { error } = await replay(trace(), { cache: 'nowhere' });
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining('no cache of this name') });
  });

  it('without a token', async () => {
    expect((await replay(trace(), { tokenFile: '/nowhere/token' })).error).toMatchObject({ exitCode: 2 });
  });

  it('with a token that the server does not take', async () => {
    const file = traceFile('not-a-token');
    writeFileSync(join(file), 'not.a.token');
    expect((await replay(trace(), { tokenFile: file })).error).toMatchObject({ exitCode: 1 });
  });

  it('where no server listens', async () => {
    const { error } = await replay(trace(), { url: 'http://127.0.0.1:9' });
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining('cannot reach http://127.0.0.1:9') });
  });
});
