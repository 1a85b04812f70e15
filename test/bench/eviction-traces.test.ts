import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evictionBench } from '../../bench/eviction/policies.ts';
import {
  type OracleRequest,
  oracleRecordBytes,
  oracleRequests,
} from '../../bench/eviction/workloads/oracle-general.ts';
import { traceWorkload, traceWorkloads } from '../../bench/eviction/workloads/trace-files.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eviction-traces-'));
});
afterAll(() => rm(folder, { recursive: true }));

function oracleFile(requests: readonly OracleRequest[]): Buffer {
  const bytes = Buffer.alloc(requests.length * oracleRecordBytes);
  requests.forEach(({ atSeconds, id, sizeBytes }, i) => {
    const at = i * oracleRecordBytes;
    bytes.writeUInt32LE(atSeconds, at);
    bytes.writeBigUInt64LE(id, at + 4);
    bytes.writeUInt32LE(sizeBytes, at + 12);
    bytes.writeBigInt64LE(-1n, at + 16);
  });
  return bytes;
}

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const requests: OracleRequest[] = [
  { atSeconds: 100, id: 2n ** 63n + 5n, sizeBytes: 300 },
  { atSeconds: 101, id: 7n, sizeBytes: 4_000_000_000 },
  { atSeconds: 2 ** 32 - 1, id: 2n ** 63n + 6n, sizeBytes: 0 },
];
/** Ids that would be one as a double. */
const ids = [2n ** 63n + 1n, 2n ** 63n + 2n];
const many = Array.from({ length: 1_200 }, (_, i) => ({ atSeconds: 10 + i, id: ids[i % 2]!, sizeBytes: 50 + (i % 2) }));

describe('oracleGeneral', () => {
  it.each([1, 7, 24, 25, 1_000])('records are whole whatever the chunks are (of %i bytes)', async (length) => {
    expect(await Array.fromAsync(oracleRequests(cut(oracleFile(requests), length)))).toEqual(requests);
  });

  it('a file that ends within a record is an error', async () => {
    const bytes = oracleFile(requests).subarray(0, 60);
    await expect(Array.fromAsync(oracleRequests(cut(bytes, 16)))).rejects.toThrow('within a record, after 12 bytes');
  });

  it('plain and zstd files give the same workload: dense objects, times from 0, sizes', async () => {
    const plain = join(folder, 'made.oracleGeneral.bin');
    const compressed = join(folder, 'made.oracleGeneral.zst');
    await writeFile(plain, oracleFile(many));
    await writeFile(compressed, zstdCompressSync(oracleFile(many)));
    const workload = await traceWorkload(plain);
    expect(workload.name).toBe('made');
    expect([...workload.objects.subarray(0, 4)]).toEqual([0, 1, 0, 1]);
    expect([...workload.objectBytes]).toEqual([50, 51]);
    expect(workload.atMs.at(-1)).toBe(1_199_000);
    expect(workload.ttlMs).toBeUndefined();
    expect(await traceWorkload(compressed)).toEqual(workload);
    await rm(plain);
    await rm(compressed);
  });

  it('xz files are read where there is an xz command', async () => {
    const plain = join(folder, 'packed.oracleGeneral');
    await writeFile(plain, oracleFile(many));
    const made = spawnSync('xz', ['--keep', plain]);
    if (made.error === undefined) expect((await traceWorkload(`${plain}.xz`)).objects.length).toBe(1_200);
    else await expect(traceWorkload(`${plain}.xz`)).rejects.toThrow('ENOENT');
    await rm(plain);
    await rm(`${plain}.xz`, { force: true });
  });

  it('objects that no cache here takes are left out', async () => {
    const path = join(folder, 'large.oracleGeneral');
    await writeFile(path, oracleFile([...requests, { atSeconds: 1, id: 1n, sizeBytes: evictionBench.objectBytesMax }]));
    expect([...(await traceWorkload(path)).objectBytes]).toEqual([300, evictionBench.objectBytesMax]);
    await rm(path);
  });
});

describe('text traces', () => {
  it('reads and writes are uses, deletes are not, and TTLs are kept', async () => {
    const rows = ['0,a,1,9,1,get,0', '1,b,1,19,1,set,60', '2,a,1,9,1,delete,0', '3,a,1,9,1,get,0'];
    const path = join(folder, 'twitter.csv');
    await writeFile(path, `${rows.join('\n')}\n`);
    const workload = await traceWorkload(path);
    expect([...workload.objects]).toEqual([0, 1, 0]);
    expect([...workload.objectBytes]).toEqual([10, 20]);
    expect([...workload.ttlMs!]).toEqual([Number.POSITIVE_INFINITY, 60_000]);
    await rm(path);
  });

  it('a folder gives its traces by name, without those that are too short', async () => {
    const row = (_: unknown, i: number) => `${i} ${i % 9} 100`;
    await writeFile(join(folder, 'long.trace'), `${Array.from({ length: 1_500 }, row).join('\n')}\n`);
    await writeFile(join(folder, 'short.trace'), '1 1 1\n');
    await writeFile(join(folder, 'README.md'), 'no trace');
    const found = await traceWorkloads(folder);
    expect(found.map(({ name, objects }) => [name, objects.length])).toEqual([['long', 1_500]]);
  });
});
