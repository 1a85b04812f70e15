import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from './support/fleet.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((found) => found[1]!);
const run = promisify(execFile);

/** The shell runs the blocks as they stand, in one go, with the status of each answer after its body. */
async function runTour(url: string, folder: string): Promise<string> {
  const script = blocks.join('\n').replace('http://127.0.0.1:8080', url);
  const curl = `curl() { command curl -sS --max-time 10 -w '\\n[%{http_code}]\\n' "$@"; }`;
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', `${curl}\n${script}`], {
    cwd: folder,
    maxBuffer: 1 << 24,
  });
  return stdout;
}

describe('README', () => {
  let fleet: TestFleet;
  let folder: string;

  beforeAll(async () => {
    fleet = await startFleet();
    folder = await mkdtemp(join(tmpdir(), 'godwit-readme-'));
    await mkdir(join(folder, '.godwit'));
    await writeFile(join(folder, '.godwit', 'admin.key'), fleet.adminToken);
  });

  afterAll(async () => {
    await fleet.stop();
    await rm(folder, { recursive: true });
  });

  it('tour: every line works as written and answers what its comment says', async () => {
    const output = await runTour(fleet.url, folder);
    const statuses = [...output.matchAll(/^\[(\d{3})\]$/gm)].map((found) => Number(found[1]));
    const lines = blocks.join('\n').split('\n');
    const calls = lines.filter((line) => line.startsWith('curl '));
    expect(statuses).toHaveLength(calls.length);
    // A line whose comment names a status answers it; every other succeeds.
    const expected = calls.map((line) => /#.*\b(4\d\d)\b/.exec(line)?.[1]);
    const wrong = calls.filter((_, index) =>
      expected[index] === undefined ? statuses[index]! >= 300 : statuses[index] !== Number(expected[index]),
    );
    expect(wrong).toEqual([]);
    for (const text of ['hello', '"value":"42"', '"applied":false', '"type":"scalar"', 'godwit_requests_total'])
      expect(output).toContain(text);
    // The order that was retried counts once.
    expect(output.match(/"value":"1"/g)?.length).toBeGreaterThanOrEqual(2);
  });
});
