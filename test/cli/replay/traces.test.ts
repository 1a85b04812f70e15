import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Trace } from '../../../src/cli/replay/traces/trace.ts';
import { readTrace, removeTraceFiles, traceFile } from './trace-file.ts';

afterAll(removeTraceFiles);

const packedRow = (at: number, object: number, keySize: number, size: number, operation: number, ttl: number) =>
  `${at} ${object} ${keySize * 2 ** 22 + size} ${operation * 2 ** 24 + ttl}`;

describe('packed traces', () => {
  it('unpack sizes, operation and TTL, and pad the object to its key size', async () => {
    const rows = [packedRow(7, 123, 5, 20, 3, 10), packedRow(8, 123, 5, 20, 1, 0), ''];
    const { trace, requests } = await readTrace(traceFile(rows.join('\n')));
    expect(trace.formatName).toBe('packed');
    expect(requests).toEqual([
      { operation: 'set', key: '00123', size: 20, ttlMs: 10_000, atSeconds: 7, count: 1 },
      { operation: 'get', key: '00123', size: 20, ttlMs: undefined, atSeconds: 8, count: 1 },
    ]);
  });

  it('drop a last line that the end of the file cuts off, and say so', async () => {
    const cut = `${packedRow(7, 1, 5, 20, 1, 0)}\n${packedRow(7, 2, 5, 20, 3, 10).slice(0, -3)}`;
    const { trace, requests } = await readTrace(traceFile(cut));
    expect(requests.map(({ key }) => key)).toEqual(['00001']);
    expect(trace.droppedLines).toBe(1);
  });

  it('refuse an operation that there is none of', async () => {
    await expect(readTrace(traceFile(`${packedRow(7, 1, 5, 20, 9, 0)}\n`))).rejects.toThrow(
      /^line 1 of .* is not as packed says/,
    );
  });
});

describe('Twitter CSV', () => {
  it('reads every write as a set, deletes as deletes, and TTL 0 as none', async () => {
    const rows = ['0,k1,2,30,1,get,0', '1,k1,2,31,1,cas,60', '1,k1,2,0,1,delete,0'];
    const { trace, requests } = await readTrace(traceFile(rows.join('\n')));
    expect(trace.formatName).toBe('twitter-csv');
    expect(requests.map(({ operation, size, ttlMs }) => [operation, size, ttlMs])).toEqual([
      ['get', 30, undefined],
      ['set', 31, 60_000],
      ['delete', 0, undefined],
    ]);
    expect(trace.droppedLines).toBe(0);
  });

  it('keeps a comma that belongs to a key', async () => {
    const { requests } = await readTrace(traceFile('0,a,b,3,30,1,get,0\r\n'));
    expect(requests[0]).toMatchObject({ key: 'a,b', size: 30 });
  });
});

describe('CacheLib CSV', () => {
  it('finds columns by the header, whatever their order, and keeps the count of a row', async () => {
    const first = 'op_time,key,key_size,op,op_count,size,cache_hits,ttl,usecase\n5,ab,2,GET_LEASE,3,100,1,0,9\n';
    const second = 'key,ttl,op,size,op_time,op_count\nab,60,SET_LEASE,100,6,1\nab,0,DELETE,0,7,1\n';
    expect((await readTrace(traceFile(first))).requests).toEqual([
      { operation: 'get', key: 'ab', size: 100, ttlMs: undefined, atSeconds: 5, count: 3 },
    ]);
    expect((await readTrace(traceFile(second))).requests).toEqual([
      { operation: 'set', key: 'ab', size: 100, ttlMs: 60_000, atSeconds: 6, count: 1 },
      { operation: 'delete', key: 'ab', size: 0, ttlMs: undefined, atSeconds: 7, count: 1 },
    ]);
  });

  it('reads the names of the CDN traces, where -1 is an unknown size or no TTL', async () => {
    const rows = 'timestamp,cacheKey,OpType,objectSize,responseSize,TTL\n5,cdn:v/x.jpg,1,4096,10,60\n5,y,1,-1,10,-1\n';
    const { requests } = await readTrace(traceFile(rows));
    expect(requests.map(({ size, ttlMs }) => [size, ttlMs])).toEqual([
      [4_096, 60_000],
      [undefined, undefined],
    ]);
  });

  it('names the line that is malformed, never what is in it', async () => {
    const rows = 'op_time,key,op,size,ttl\n5,ab,GET,1,0\n5,sesame,OPEN,1,0\n';
    const error = await readTrace(traceFile(rows)).catch((thrown) => thrown as Error);
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringMatching(/^line 3 of /) });
    expect((error as Error).message).not.toContain('sesame');
  });
});

describe('traces of id and size', () => {
  it('are read out of an xz file', async () => {
    const compressed = execFileSync('xz', ['--compress', '--stdout'], { input: '1 0 68\n2 17 7454\n3 2 40773\n' });
    const { trace, requests } = await readTrace(traceFile(compressed, 'trace.xz'));
    expect(trace.formatName).toBe('id-size');
    expect(requests.map(({ key, size }) => [key, size])).toEqual([
      ['0', 68],
      ['17', 7_454],
      ['2', 40_773],
    ]);
    expect(trace.progress).toBe(1);
  });

  it('an xz file that is cut off is an error, not a short trace', async () => {
    const input = Array.from({ length: 5_000 }, (_, i) => `${i} ${(i * 7_919) % 10_007} ${i}\n`).join('');
    const compressed = execFileSync('xz', ['--compress', '--stdout'], { input });
    await expect(readTrace(traceFile(compressed.subarray(0, compressed.length / 2)))).rejects.toThrow(
      /^xz cannot decompress/,
    );
  });
});

describe('a file', () => {
  it('of no known format is told which formats there are', async () => {
    await expect(readTrace(traceFile('hello\n'))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /no trace of a known format; known are cachelib-csv .*twitter-csv .*packed .*id-size/,
      ),
    });
  });

  it('without an end of line is refused once it is longer than a line may be', async () => {
    await expect(readTrace(traceFile('1'.repeat(300_000)))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('that is opened and not read stays open for nobody', async () => {
    const path = traceFile('0,1,2\n');
    const openFiles = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === path).length;
    await Trace.open(path);
    expect(openFiles()).toBe(0);
  });

  it('that does not exist is one clear line', async () => {
    await expect(Trace.open('/nowhere/trace')).rejects.toMatchObject({
      exitCode: 2,
      message: 'cannot read the trace /nowhere/trace: no such file or directory',
    });
  });

  it('that is empty holds no requests', async () => {
    expect((await readTrace(traceFile(''))).requests).toEqual([]);
  });
});

/** Where a file descriptor of this process leads; '' for one that is gone meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
