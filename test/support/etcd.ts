import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Whether this machine has etcd; tests that need it say so when they are left out. */
export const hasEtcd = isInstalled('etcd');
if (!hasEtcd) console.warn('tests with etcd are left out: no `etcd` in PATH (Debian: apt-get install etcd-server)');

/** Longest wait for a server, or a cluster, to answer; a first election takes 1 to 2 s. */
const readyMsMax = 20_000;
const clusters = new Set<TestEtcd>();

/** An etcd cluster on loopback, of real processes with their data below the system's folder of temporary files. */
export class TestEtcd {
  readonly urls: readonly string[];
  readonly #peerUrls: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'godwit-etcd-'));
  readonly #flags: readonly string[];
  readonly #servers: (ChildProcess | undefined)[];

  private constructor(ports: readonly number[], flags: readonly string[]) {
    const urls = ports.map((port) => `http://127.0.0.1:${port}`);
    this.urls = urls.slice(0, ports.length / 2);
    this.#peerUrls = urls.slice(ports.length / 2);
    this.#flags = flags;
    this.#servers = this.urls.map(() => undefined);
    clusters.add(this);
  }

  /** Starts `size` servers; resolves when each answers. */
  static async start(size: number, flags: readonly string[] = []): Promise<TestEtcd> {
    const cluster = new TestEtcd(await freePorts(2 * size), flags);
    for (let index = 0; index < size; index++) cluster.#launch(index);
    await cluster.untilReady();
    return cluster;
  }

  /** Ends a server at once, as a crash does. */
  async kill(index: number): Promise<void> {
    const server = this.#servers[index];
    if (!server) return;
    this.#servers[index] = undefined;
    server.kill('SIGKILL');
    await once(server, 'exit');
  }

  /** Starts a killed server on its former data and ports. */
  launch(index: number): void {
    this.#launch(index);
  }

  /** `SIGSTOP`: connections stay, and nothing answers. */
  pause(index: number): void {
    this.#servers[index]!.kill('SIGSTOP');
  }

  resume(index: number): void {
    this.#servers[index]!.kill('SIGCONT');
  }

  /** Resolves when every running server answers linearizable reads. */
  async untilReady(): Promise<void> {
    const running = this.urls.filter((_, index) => this.#servers[index]);
    const deadlineMs = performance.now() + readyMsMax;
    for (const url of running) {
      while (!(await answers(url))) {
        if (performance.now() > deadlineMs) throw new Error('etcd did not become ready');
        await pause(50);
      }
    }
  }

  async stop(): Promise<void> {
    clusters.delete(this);
    await Promise.all(this.#servers.map((_, index) => this.kill(index)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #launch(index: number): void {
    const name = (each: number) => `server-${each}`;
    const [url, peerUrl] = [this.urls[index]!, this.#peerUrls[index]!];
    const flags = {
      name: name(index),
      'data-dir': join(this.#folder, name(index)),
      'listen-client-urls': url,
      'advertise-client-urls': url,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': this.#peerUrls.map((each, i) => `${name(i)}=${each}`).join(','),
      'initial-cluster-token': this.#folder,
      'log-level': 'error',
    };
    const all = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    this.#servers[index] = spawn('etcd', [...all, ...this.#flags], { stdio: 'ignore' });
  }
}

/** For `afterAll`: ends what a failed test left behind. */
export async function endTestEtcds(): Promise<void> {
  for (const cluster of [...clusters]) await cluster.stop();
}

async function answers(url: string): Promise<boolean> {
  try {
    const body = JSON.stringify({ key: 'YQ==' });
    const response = await fetch(`${url}/v3/kv/range`, { method: 'POST', body, signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Ports of loopback that nobody has at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
