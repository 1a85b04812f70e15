/** The short form of `npm run chaos`, and that a run which proves nothing, or in which something is lost, fails. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';
import { namespaceCommand } from './network/namespaces.ts';
import type { ChaosReport } from './report.ts';

const script = join(import.meta.dirname, '../../scripts/chaos.ts');
const folder = mkdtempSync(join(tmpdir(), 'godwit-chaos-test-'));
const hasNamespaces = 'command' in namespaceCommand();
/** In CI the run is longer and chooses among all faults. */
const flagsOfRun = process.env['CI']
  ? ['--minutes=2']
  : ['--minutes=0.25', '--seed=3', '--faults=kill-storage,stop-storage,cut-pair,slow-node'];

afterEach(endRunningProcesses);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function chaos(
  ...flags: string[]
): Promise<{ code: number | null; output: string; report: ChaosReport | undefined }> {
  const out = join(folder, `${flags.join('').replaceAll(/[^a-z0-9]/g, '')}.json`);
  const run = new RunningProcess([script, ...flags, `--out=${out}`]);
  const { code } = await run.exited;
  const output = run.stdout + run.stderr;
  const text = output.includes('operations:') ? readFileSync(out, 'utf8') : undefined;
  return { code, output, report: text === undefined ? undefined : (JSON.parse(text) as ChaosReport) };
}

describe('chaos', () => {
  it('on the fault proxy: killed and stopped nodes, cut and slow links lose nothing', {
    timeout: 420_000,
  }, async () => {
    const { code, output, report } = await chaos('--network=proxy', ...flagsOfRun);
    expect(report?.violations, output).toEqual([]);
    expect(code, output).toBe(0);
    expect(report!.network).toBe('proxy');
    expect(report!.faults.length).toBeGreaterThan(1);
    expect(report!.checked.operations).toBeGreaterThan(1_000);
    expect(report!.topics.delivered).toBeGreaterThan(report!.topics.published);
  });

  it.runIf(hasNamespaces)(
    'in namespaces: a cut link carries nothing, and is back afterwards',
    {
      timeout: 180_000,
    },
    async () => {
      const faults = '--faults=cut-one-way,isolate-node';
      const { code, output, report } = await chaos('--network=namespaces', '--minutes=0.15', faults);
      expect(code, output).toBe(0);
      expect(report!.network).toBe('namespaces');
      expect(report!.faults.map(({ ineffective }) => ineffective).filter((reason) => reason !== null)).toEqual([]);
    },
  );

  it('the checks find what a lost node takes with it when nobody tells them of it', { timeout: 180_000 }, async () => {
    const flags = ['--network=proxy', '--minutes=0.1', '--factor=1', '--faults=kill-storage', '--hide-losses'];
    const { code, report } = await chaos(...flags);
    expect(code).toBe(1);
    expect(report!.resets).toBeGreaterThan(0);
    expect(report!.violations.some((violation) => violation.includes('is not linearizable'))).toBe(true);
    expect(report!.violations.some((violation) => violation.includes('no loss was announced'))).toBe(true);
  });

  it('refuses what makes no sense', async () => {
    for (const [flag, message] of [
      ['--faults=flood', '--faults: there is no flood; there are '],
      ['--minutes=0', '--minutes must be from 0.05 to 600\n'],
      ['--store=paper', '--store: there is no paper; there are embedded, etcd\n'],
    ] as const) {
      const run = new RunningProcess([script, flag]);
      expect((await run.exited).code).toBe(2);
      expect(run.stderr).toContain(message);
    }
  });
});
