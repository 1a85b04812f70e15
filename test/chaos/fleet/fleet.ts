import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/shared/clock.ts';
import { StateWatcher } from '../../../src/shared/control-link/state-watcher.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { chaosLimits } from '../limits.ts';
import type { Network } from '../network/network.ts';
import { FleetProcess, type ProcessPlan, until } from './fleet-process.ts';
import { ViewWatch } from './view-watch.ts';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const fleetSecret = 'the-secret-of-a-fleet-that-is-made-to-suffer';
/** Ports on machines of their own. */
const ports = { storage: 7_000, gateway: 8_080, gatewayInternal: 7_001, control: 8_090, etcd: 2_379, etcdPeer: 2_380 };

export interface FleetOptions {
  readonly zones: readonly string[];
  readonly nodesPerZone: number;
  readonly gateways: number;
  readonly store: 'embedded' | 'etcd';
  readonly replicationFactor: number;
  readonly nodeMemoryBytes: number;
}

/** How processes of the fleet are looked at while it runs. */
const watchMs = 250;

/** A fleet of real processes, each on a machine of its own, that can be killed, stopped, cut off and started again. */
export class Fleet {
  readonly options: FleetOptions;
  readonly network: Network;
  readonly storage: FleetProcess[] = [];
  readonly gateways: FleetProcess[] = [];
  readonly controls: FleetProcess[] = [];
  readonly etcd: FleetProcess[] = [];
  readonly views = new ViewWatch(() => systemClock.monotonicMs());
  readonly #folder: string;
  readonly #logDirectory: string | undefined;
  readonly #addresses = new Map<string, { address: string; port: number }>();
  /** Lives of storage nodes whose process has ended. */
  readonly #ended = new Set<string>();
  readonly #zones = new Map<string, string>();
  #watcher: StateWatcher | undefined;
  #watching: Promise<void> | undefined;
  #closed = false;
  #adminKey = '';

  private constructor(options: FleetOptions, network: Network, folder: string, logDirectory: string | undefined) {
    this.#logDirectory = logDirectory;
    this.options = options;
    this.network = network;
    this.#folder = folder;
  }

  /** Starts all of it; `stack` ends it. Resolves when every process is ready and the first placement is made. */
  static async start(
    stack: AsyncDisposableStack,
    network: Network,
    options: FleetOptions,
    logDirectory?: string,
  ): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-chaos-'));
    const fleet = new Fleet(options, network, folder, logDirectory);
    stack.defer(() => fleet.#close());
    await fleet.#plan();
    for (const process of fleet.etcd) process.launch();
    await Promise.all(fleet.etcd.map((process) => process.ready()));
    for (const process of fleet.controls) process.launch();
    await Promise.all(fleet.controls.map((process) => process.ready()));
    for (const process of [...fleet.storage, ...fleet.gateways]) process.launch();
    await fleet.#watch();
    await Promise.all([...fleet.storage, ...fleet.gateways].map((process) => process.ready()));
    fleet.#adminKey = await fleet.#findAdminKey();
    if (!(await until(() => fleet.unplaced === 0, chaosLimits.readyMs)))
      throw new Error('the first placement was not made');
    return fleet;
  }

  get processes(): FleetProcess[] {
    return [...this.etcd, ...this.controls, ...this.storage, ...this.gateways];
  }

  get authorization(): string {
    return `Bearer ${this.#adminKey}`;
  }

  /** Base URLs of the gateways. */
  get urls(): string[] {
    return this.gateways.map(({ name }) => this.urlOf(name));
  }

  get unplaced(): number {
    return this.views.view.slots.filter(([, , copies]) => copies.length === 0).length;
  }

  /** Copies that each slot can have: one in a zone. */
  get factor(): number {
    return Math.min(this.options.replicationFactor, this.options.zones.length);
  }

  /** Base URL of what a process listens on; of a gateway the public one. */
  urlOf(name: string): string {
    const { address, port } = this.#addresses.get(name)!;
    return `http://${address}:${port}`;
  }

  portOf(name: string): number {
    return this.#addresses.get(name)!.port;
  }

  /** Storage nodes and gateways of a zone. */
  machinesOf(zone: string): string[] {
    return [...this.#zones].flatMap(([name, of]) => (of === zone ? [name] : []));
  }

  /** Whether a process answers anything within a moment. */
  async answers(name: string): Promise<boolean> {
    const signal = AbortSignal.timeout(chaosLimits.probeMs);
    return fetch(`${this.urlOf(name)}/probe`, { signal }).then(
      async (response) => {
        await response.arrayBuffer().catch(() => {});
        return true;
      },
      () => false,
    );
  }

  /** Whether each slot has all the copies that it can have. */
  get isComplete(): boolean {
    return this.views.incomplete(this.factor) === 0;
  }

  /** Whether nothing is under way besides. */
  get isSettled(): boolean {
    return this.isComplete && this.views.moving(this.factor) === 0;
  }

  /** The control process that leads; undefined while none does. */
  async leader(): Promise<FleetProcess | undefined> {
    for (const process of this.controls) {
      const text = await this.metricsOf(process.name).catch(() => '');
      if (text.includes('\ngodwit_control_leading 1\n')) return process;
    }
    return undefined;
  }

  async metricsOf(name: string): Promise<string> {
    const headers = { authorization: `Bearer ${fleetSecret}` };
    const signal = AbortSignal.timeout(1_000);
    const response = await fetch(`${this.urlOf(name)}/internal/v1/metrics`, { headers, signal });
    return response.text();
  }

  /** Writes what every node tells of itself beside its log, where logs are kept. */
  async keepMetrics(): Promise<void> {
    if (this.#logDirectory === undefined) return;
    for (const { name } of [...this.controls, ...this.storage]) {
      const text = await this.metricsOf(name).catch((error: Error) => error.message);
      await writeFile(join(this.#logDirectory, `${name}.metrics`), text);
    }
  }

  /** Says for sure, as a supervisor does, that a life has ended. Nobody answering is no error. */
  async tellGone(life: string): Promise<void> {
    const [id, incarnation] = life.split('/');
    for (const { name } of this.controls) {
      const response = await fetch(`${this.urlOf(name)}/internal/v1/gone`, {
        method: 'POST',
        headers: { authorization: `Bearer ${fleetSecret}` },
        body: JSON.stringify({ id, incarnation }),
        signal: AbortSignal.timeout(1_000),
      }).catch(() => undefined);
      if (response?.ok) return;
    }
  }

  /** Slots that restarted empty although a life that had them in sync has not ended. */
  get wrongResets(): number[] {
    return this.views.resets
      .filter(({ copies }) => copies?.some((life) => !this.#ended.has(life)))
      .map(({ slot }) => slot);
  }

  /** What the processes of the fleet did by themselves that they should not: deaths. */
  get accidents(): string[] {
    return this.processes.flatMap(({ accidents }) => accidents);
  }

  async #plan(): Promise<void> {
    const { options } = this;
    const name = (role: string, index: number) => `${role}-${index + 1}`;
    const some = (count: number) => Array.from({ length: count }, (_, index) => index);
    const withEtcd = options.store === 'etcd';
    if (withEtcd) this.etcd.push(await this.#etcd('etcd-1'));
    for (const index of some(withEtcd ? 3 : 1)) await this.#place(name('control', index), ports.control);
    const controls = some(withEtcd ? 3 : 1).map((index) => name('control', index));
    const controlUrls = controls.map((control) => this.urlOf(control));
    for (const control of controls) this.controls.push(await this.#control(control));
    for (const zone of options.zones)
      for (const index of some(options.nodesPerZone)) await this.addStorage(name(zone, index), zone, controlUrls);
    for (const index of some(options.gateways)) {
      const zone = options.zones[index % options.zones.length]!;
      this.gateways.push(await this.#gateway(name('gateway', index), zone, controlUrls));
    }
  }

  /** A further storage node, not started yet. */
  async addStorage(
    name: string,
    zone: string,
    controlUrls: readonly string[] = this.controls.map((control) => this.urlOf(control.name)),
  ): Promise<FleetProcess> {
    this.#zones.set(name, zone);
    const { address, port } = await this.#place(name, ports.storage);
    const process = this.#node(name, [
      'storage',
      `--zone=${zone}`,
      `--internal-host=${address}`,
      `--internal-port=${port}`,
      `--memory=${this.options.nodeMemoryBytes}`,
      `--control-urls=${controlUrls.join(',')}`,
    ]);
    process.onEnd = () => {
      const life = this.#watcher && this.views.lifeOf(name);
      if (life !== undefined) this.#ended.add(life);
    };
    this.storage.push(process);
    return process;
  }

  async #control(name: string): Promise<FleetProcess> {
    const { address, port } = this.#addresses.get(name)!;
    const { options } = this;
    const dataDir = join(this.#folder, name);
    await mkdir(dataDir, { mode: 0o700 });
    const store =
      options.store === 'etcd'
        ? ['--store=etcd', `--etcd-endpoints=${this.etcd.map((etcd) => this.urlOf(etcd.name)).join(',')}`]
        : [];
    return this.#node(name, [
      'control',
      `--data-dir=${dataDir}`,
      `--internal-host=${address}`,
      `--internal-port=${port}`,
      `--expected-nodes=${options.zones.length * options.nodesPerZone}`,
      `--replication-factor=${this.factor}`,
      ...store,
    ]);
  }

  async #gateway(name: string, zone: string, controlUrls: readonly string[]): Promise<FleetProcess> {
    this.#zones.set(name, zone);
    const { address, port } = await this.#place(name, ports.gateway);
    const internal = await freePort(address, ports.gatewayInternal);
    return this.#node(name, [
      'gateway',
      `--zone=${zone}`,
      `--host=${address}`,
      `--port=${port}`,
      `--internal-host=${address}`,
      `--internal-port=${internal}`,
      `--control-urls=${controlUrls.join(',')}`,
    ]);
  }

  #node(name: string, args: readonly string[]): FleetProcess {
    const plan: ProcessPlan = {
      name,
      command: [process.execPath, main, ...args, `--node-id=${name}`, '--log-level=info'],
      environment: { GODWIT_FLEET_SECRET: fleetSecret },
      isReady: (output) => output.includes('"msg":"ready"'),
    };
    return new FleetProcess(plan, this.network, this.#logDirectory && join(this.#logDirectory, name));
  }

  async #etcd(name: string): Promise<FleetProcess> {
    const { address } = await this.#place(name, ports.etcd);
    const peerUrl = `http://${address}:${await freePort(address, ports.etcdPeer)}`;
    const url = this.urlOf(name);
    const flags = {
      name,
      'data-dir': join(this.#folder, name),
      'listen-client-urls': url,
      'advertise-client-urls': url,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': `${name}=${peerUrl}`,
      'log-level': 'error',
    };
    const plan: ProcessPlan = {
      name,
      command: ['etcd', ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`), '--unsafe-no-fsync'],
      environment: {},
      isReady: async () => (await this.#answersRange(url)) === true,
    };
    return new FleetProcess(plan, this.network);
  }

  async #answersRange(url: string): Promise<boolean> {
    const body = JSON.stringify({ key: 'YQ==' });
    const signal = AbortSignal.timeout(1_000);
    return fetch(`${url}/v3/kv/range`, { method: 'POST', body, signal }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async #place(name: string, wantedPort: number): Promise<{ address: string; port: number }> {
    const known = this.#addresses.get(name);
    if (known) return known;
    const address = await this.network.addressOf(name);
    // a machine of its own has all ports free; those on loopback may be somebody else's
    const port = this.network.kind === 'namespaces' ? wantedPort : await freePort(address, 0);
    const place = { address, port };
    this.#addresses.set(name, place);
    return place;
  }

  async #watch(): Promise<void> {
    this.#watcher = new StateWatcher({
      urls: this.controls.map(({ name }) => this.urlOf(name)),
      fleetSecret,
      fetch,
      id: 'chaos-watch',
      role: 'gateway',
      clock: systemClock,
      log: silentLog,
    });
    const { view } = await this.#watcher.start();
    this.views.see(view);
    this.#watcher.onChange((state) => this.views.see(state.view));
    const watcher = this.#watcher;
    this.#watching = (async () => {
      while (!this.#closed) {
        await watcher.refresh(1_000).then(
          (state) => this.views.see(state.view),
          () => {},
        );
        await pause(watchMs);
      }
    })();
  }

  async #findAdminKey(): Promise<string> {
    for (let waitedMs = 0; waitedMs < chaosLimits.readyMs; waitedMs += chaosLimits.pollMs) {
      for (const { name } of this.controls) {
        const key = await readFile(join(this.#folder, name, 'admin.key'), 'utf8').catch(() => '');
        if (key.trim() !== '') return key.trim();
      }
      await pause(chaosLimits.pollMs);
    }
    throw new Error('no control process has made an admin key');
  }

  async #close(): Promise<void> {
    this.#closed = true;
    // the watcher stops at once; what it asks is cut off
    await this.#watcher?.stop();
    await this.#watching;
    await Promise.all(this.processes.map((process) => process.kill()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A port that was free a moment ago; `wanted` when that one is not 0. */
async function freePort(address: string, wanted: number): Promise<number> {
  if (wanted !== 0 && !address.startsWith('127.')) return wanted;
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
