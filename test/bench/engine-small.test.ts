import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'bench', 'engine.ts');

it('bench:engine: its small form runs and prints a figure for each subject', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    script,
    '--items',
    '20000',
    '--seconds',
    '0.05',
  ]);
  expect(stdout).toMatch(/segcache/i);
  expect(stdout).toMatch(/map/i);
  expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
});
