import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { endRunningProcesses, RunningProcess } from './running-process.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const patience = { timeout: 30_000, interval: 50 };
/** Each test starts one or two whole fleets: seconds on an idle machine, and many on one that is not. */
const fleetTestMs = 120_000;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-fleet-'));
});
afterEach(endRunningProcesses);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `godwit start` with the real roles, ready. */
async function startFleet(): Promise<{ fleet: RunningProcess; url: string }> {
  const args = [main, 'start', '--port=0', '--gateways=2', '--memory=96MiB'];
  const fleet = new RunningProcess(args, { cwd: directory });
  await vi.waitFor(() => expect(fleet.stdout).toContain('Ctrl-C'), patience);
  return { fleet, url: /URL +(\S+)/.exec(fleet.stdout)![1]! };
}

/** Process ids of the fleet's children with a role. */
function pidsOf(fleet: RunningProcess, role: string): number[] {
  const lines = execFileSync('pgrep', ['-P', `${fleet.pid}`, '-f', `main.ts ${role}`], { encoding: 'utf8' });
  return lines.trim().split('\n').map(Number);
}

function shell(line: string): string {
  return execFileSync('sh', ['-c', line.replace('curl ', 'curl -sS --fail ')], { cwd: directory, encoding: 'utf8' });
}

describe('godwit start', () => {
  test(
    'the printed curl lines work as pasted, and the admin key survives a restart',
    async () => {
      const { fleet } = await startFleet();
      const [set, get] = [...fleet.stdout.matchAll(/^ {2}(curl .*)$/gm)].map((match) => match[1]!);
      expect(shell(set!)).toBe('');
      expect(shell(get!)).toBe('world');
      const keyFile = join(directory, '.godwit', 'admin.key');
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);
      const key = readFileSync(keyFile, 'utf8');
      expect(fleet.stdout + fleet.stderr).not.toContain(key.trim());
      fleet.child.kill('SIGTERM');
      expect(await fleet.exited).toEqual({ code: 0, signal: null });
      // a machine with no time for it makes nodes wait for each other, which they say as warnings
      expect(fleet.stderr).not.toContain('"level":"error"');

      const again = await startFleet();
      expect(readFileSync(keyFile, 'utf8')).toBe(key);
      const [setAgain, getAgain] = [...again.fleet.stdout.matchAll(/^ {2}(curl .*)$/gm)].map((match) => match[1]!);
      expect(shell(setAgain!)).toBe('');
      expect(shell(getAgain!)).toBe('world');
      again.fleet.child.kill('SIGINT');
      expect(await again.fleet.exited).toEqual({ code: 0, signal: null });
    },
    fleetTestMs,
  );

  test(
    'killed processes come back: items stay when control plane and gateway die, a storage node rejoins',
    async () => {
      const { fleet, url } = await startFleet();
      const authorization = `Bearer ${readFileSync(join(directory, '.godwit', 'admin.key'), 'utf8').trim()}`;
      const item = `${url}/cache/default?key=survivor`;
      await fetch(item, { method: 'PUT', headers: { authorization }, body: 'here' });
      for (const pid of [...pidsOf(fleet, 'control'), pidsOf(fleet, 'gateway')[0]!]) process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => {
        expect(pidsOf(fleet, 'control')).toHaveLength(1);
        expect(pidsOf(fleet, 'gateway')).toHaveLength(2);
      }, patience);
      for (let request = 0; request < 20; request += 1) {
        const headers = { authorization, connection: 'close' };
        const answer = await vi.waitFor(() => fetch(item, { headers }), patience);
        expect(await answer.text()).toBe('here');
      }
      // a storage node that restarts, and gateways that must learn of it, find the restarted control plane
      process.kill(pidsOf(fleet, 'storage')[0]!, 'SIGKILL');
      await vi.waitFor(async () => {
        const keys = Array.from({ length: 50 }, (_, index) => `${url}/cache/default?key=after-${index}`);
        const answers = await Promise.all(
          keys.map((key) => fetch(key, { method: 'PUT', headers: { authorization }, body: 'x' })),
        );
        expect(answers.map((answer) => answer.status)).toEqual(keys.map(() => 204));
        expect(pidsOf(fleet, 'storage')).toHaveLength(3);
      }, patience);
      fleet.child.kill('SIGTERM');
      expect(await fleet.exited).toEqual({ code: 0, signal: null });
    },
    fleetTestMs,
  );
});
