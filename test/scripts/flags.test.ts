import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test.each([
  ['sim.ts', ['--help'], /^Unknown option '--help'/],
  ['sim.ts', ['--seeds', '0'], /^--seeds must be a whole number from 1 on\n$/],
  ['sim.ts', ['--seed', 'abc'], /^--seed must be a whole number from 0 on\n$/],
  ['sim.ts', ['--shape', 'round'], /^there is no shape "round"; there are /],
  ['sim-mutants.ts', ['--help'], /^Unknown option/],
  ['sim-planner.ts', ['--nodes', '-1'], /^Option '--nodes' argument is ambiguous/],
  ['chaos.ts', ['--help'], /^Unknown option/],
  ['cross-talk.ts', ['--requests=0'], /^--requests must be/],
])('flags of scripts/%s: %j is one line and exit code 2', (script, flags, told) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', script), ...flags], {
    encoding: 'utf8',
  });
  expect(stderr).toMatch(told);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});
