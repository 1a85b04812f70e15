/** Workloads from recorded traces: the text formats that `godwit replay` reads, and oracleGeneral. */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import { Trace } from '../../../src/cli/replay/traces/trace.ts';
import { evictionBench } from '../policies.ts';
import { oracleRequests } from './oracle-general.ts';
import { type Workload, WorkloadBuilder } from './workload.ts';

/** Requests read of one trace: enough to warm any cache here. */
const requestsMax = 5_000_000;
/** A trace needs this many requests to say anything; samples of a format have a hundred. */
const requestsMin = 1_000;

const oracleName = /oracleGeneral/i;
const textName = /\.(csv|txt|trace)(\.xz)?$/;

/** The traces in a folder, as workloads; those too short to say anything are left out. */
export async function traceWorkloads(folder: string): Promise<Workload[]> {
  const workloads: Workload[] = [];
  for (const file of (await readdir(folder)).sort()) {
    if (!oracleName.test(file) && !textName.test(file)) continue;
    const workload = await traceWorkload(join(folder, file));
    if (workload.objects.length >= requestsMin) workloads.push(workload);
  }
  return workloads;
}

/** One trace file as a workload. Throws when it is malformed, or compressed without a command to decompress it. */
export async function traceWorkload(path: string): Promise<Workload> {
  const builder = new WorkloadBuilder();
  const file = basename(path);
  const about = oracleName.test(file) ? await readOracle(path, builder) : await readText(path, builder);
  return builder.build(file.replace(/\..*$/, ''), about);
}

/** Reads and writes are both uses of an object; deletes are left out, and so is what has no size. */
async function readText(path: string, builder: WorkloadBuilder): Promise<string> {
  const trace = await Trace.open(path);
  for await (const requests of trace.requests()) {
    for (const { operation, key, size, ttlMs, atSeconds, count } of requests) {
      if (operation === 'delete' || size === undefined || size > evictionBench.objectBytesMax) continue;
      const repeats = Math.min(count, requestsMax - builder.requests);
      for (let i = 0; i < repeats; i++) builder.add(key, Buffer.byteLength(key) + size, atSeconds * 1_000, ttlMs);
    }
    if (builder.requests >= requestsMax) break;
  }
  return `recorded, ${trace.formatName}`;
}

async function readOracle(path: string, builder: WorkloadBuilder): Promise<string> {
  for await (const { atSeconds, id, sizeBytes } of oracleRequests(decompressed(path))) {
    if (sizeBytes === 0 || sizeBytes > evictionBench.objectBytesMax) continue;
    builder.add(id, sizeBytes, atSeconds * 1_000, undefined);
    if (builder.requests >= requestsMax) break;
  }
  return 'recorded, oracleGeneral';
}

function decompressed(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path);
  if (path.endsWith('.zst')) return file.pipe(createZstdDecompress());
  return path.endsWith('.xz') ? xzOutput(path) : file;
}

async function* xzOutput(path: string): AsyncGenerator<Uint8Array> {
  const xz = spawn('xz', ['--decompress', '--stdout', path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    xz.on('error', reject);
    xz.on('close', resolve);
  });
  ended.catch(() => {});
  try {
    yield* xz.stdout as AsyncIterable<Uint8Array>;
    const code = await ended;
    if (code !== 0) throw new Error(`xz cannot decompress ${path}`);
  } finally {
    xz.kill();
  }
}
