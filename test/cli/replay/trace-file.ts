import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trace } from '../../../src/cli/replay/traces/trace.ts';
import type { TraceRequest } from '../../../src/cli/replay/traces/trace-format.ts';

const folders: string[] = [];

/** Writes a made-up trace to a file of its own; returns the path. */
export function traceFile(content: string | Uint8Array, name = 'trace'): string {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-trace-'));
  folders.push(folder);
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** For `afterAll`. */
export function removeTraceFiles(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export async function readTrace(path: string): Promise<{ trace: Trace; requests: TraceRequest[] }> {
  const trace = await Trace.open(path);
  const requests: TraceRequest[] = [];
  for await (const chunk of trace.requests()) requests.push(...chunk);
  return { trace, requests };
}
