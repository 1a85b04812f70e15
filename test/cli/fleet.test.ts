import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { patience, RealFleet } from './real-fleet.ts';
import { endRunningProcesses } from './running-process.ts';

/** Each test starts one or two whole fleets: seconds on an idle machine, and many on one that is not. */
const fleetTestMs = 120_000;

const options = ['--gateways=2'];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-fleet-'));
});
afterEach(endRunningProcesses);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function shell(line: string): string {
  return execFileSync('sh', ['-c', line.replace('curl ', 'curl -sS --fail ')], { cwd: directory, encoding: 'utf8' });
}

describe('godwit start', () => {
  test(
    'the printed curl lines work as pasted, and the admin key survives a restart',
    async () => {
      const fleet = await RealFleet.start(directory, options);
      const [set, get] = [...fleet.process.stdout.matchAll(/^ {2}(curl .*)$/gm)].map((match) => match[1]!);
      expect(shell(set!)).toBe('');
      expect(shell(get!)).toBe('world');
      const keyFile = join(directory, '.godwit', 'admin.key');
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);
      const key = readFileSync(keyFile, 'utf8');
      expect(fleet.process.stdout + fleet.process.stderr).not.toContain(key.trim());
      fleet.process.child.kill('SIGTERM');
      expect(await fleet.process.exited).toEqual({ code: 0, signal: null });
      // a machine with no time for it makes nodes wait for each other, which they say as warnings
      expect(fleet.process.stderr).not.toContain('"level":"error"');

      const again = await RealFleet.start(directory, options);
      // The items were in memory: that they are gone is said.
      const losses = (await again.events()).filter(({ kind }) => kind === 'reset');
      expect(losses).toMatchObject([{ slots: 4_096, detail: expect.stringContaining('started anew') }]);
      expect((await again.status()).resets_total).toBe(4_096);
      expect(readFileSync(keyFile, 'utf8')).toBe(key);
      const [setAgain, getAgain] = [...again.process.stdout.matchAll(/^ {2}(curl .*)$/gm)].map((match) => match[1]!);
      expect(shell(setAgain!)).toBe('');
      expect(shell(getAgain!)).toBe('world');
      again.process.child.kill('SIGINT');
      expect(await again.process.exited).toEqual({ code: 0, signal: null });
    },
    fleetTestMs,
  );

  test(
    'killed processes come back: items stay when control plane and gateway die, a storage node rejoins',
    async () => {
      const fleet = await RealFleet.start(directory, options);
      const { url, authorization } = fleet;
      const item = `${url}/cache/default?key=survivor`;
      await fetch(item, { method: 'PUT', headers: { authorization }, body: 'here' });
      for (const pid of [...fleet.pids('control'), fleet.pids('gateway')[0]!]) process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => {
        expect(fleet.pids('control')).toHaveLength(1);
        expect(fleet.pids('gateway')).toHaveLength(2);
      }, patience);
      for (let request = 0; request < 20; request += 1) {
        const headers = { authorization, connection: 'close' };
        const answer = await vi.waitFor(() => fetch(item, { headers }), patience);
        expect(await answer.text()).toBe('here');
      }
      // a storage node that restarts, and gateways that must learn of it, find the restarted control plane
      process.kill(fleet.pids('storage')[0]!, 'SIGKILL');
      await vi.waitFor(async () => {
        const keys = Array.from({ length: 50 }, (_, index) => `${url}/cache/default?key=after-${index}`);
        const answers = await Promise.all(
          keys.map((key) => fetch(key, { method: 'PUT', headers: { authorization }, body: 'x' })),
        );
        expect(answers.map((answer) => answer.status)).toEqual(keys.map(() => 204));
        expect(fleet.pids('storage')).toHaveLength(3);
      }, patience);
      fleet.process.child.kill('SIGTERM');
      expect(await fleet.process.exited).toEqual({ code: 0, signal: null });
    },
    fleetTestMs,
  );

  test(
    'the readiness probes of the manifests say yes to a fleet in step, and no to one that is not',
    async () => {
      const fleet = await RealFleet.start(directory, options);
      const { stdout: token } = await fleet.run('token', 'issue', '--allow=operations', '--expires-in=1d');
      writeFileSync(join(directory, 'token'), token, { mode: 0o600 });
      const probe = containerOf('storage').readinessProbe.exec!.command.slice(2);
      const words = probe.map((word) => word.replace(/^--token-file=.*$/, `--token-file=${join(directory, 'token')}`));
      const asked = () => fleet.run(...words.map((word) => word.replace(/^--url=.*$/, `--url=${fleet.url}`)));
      await vi.waitFor(async () => expect((await asked()).code).toBe(0), patience);
      const { path } = containerOf('gateway').readinessProbe.httpGet!;
      expect((await fetch(`${fleet.url}${path}`)).status).toBe(200);

      const [stopped] = fleet.pids('storage');
      process.kill(stopped!, 'SIGSTOP');
      const answer = await asked();
      process.kill(stopped!, 'SIGCONT');
      expect(answer.code).toBe(1);
      expect(answer.stderr).toMatch(/^godwit: the fleet is not in step: /m);
      await fleet.stop();
    },
    fleetTestMs,
  );
});

interface Probed {
  readonly readinessProbe: {
    readonly exec?: { readonly command: string[] };
    readonly httpGet?: { readonly path: string };
  };
}

/** The container of a role in the manifests. */
function containerOf(role: string): Probed {
  const text = readFileSync(new URL(`../../examples/kubernetes/${role}.yaml`, import.meta.url), 'utf8');
  const [, workload] = parseAllDocuments(text).map((document) => document.toJS());
  return workload.spec.template.spec.containers[0];
}
