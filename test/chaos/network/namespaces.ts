import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Network } from './network.ts';

const run = promisify(execFile);

/** Set in a process that runs in a network of its own. */
export const insideVariable = 'CHAOS_NAMESPACE';

/**
 * A network and a table of processes of our own, in which we are root: the kernel takes all of it away with its first
 * process, whatever that one dies of.
 */
const unshare = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** The same for users who are not root, where the system lets them. */
const unshareAsUser = [...unshare, '--user', '--map-root-user'];

/** The command that runs another one in a network of its own, or the reason why there is none. */
export function namespaceCommand(): { readonly command: readonly string[] } | { readonly reason: string } {
  const probe = 'ip link set lo up && ip link add probe type bridge && ip link add v0 type veth peer name v1';
  for (const command of [unshare, unshareAsUser]) {
    const [program, ...args] = command;
    if (spawnSync(program!, [...args, 'sh', '-c', probe], { stdio: 'ignore', timeout: 5_000 }).status === 0)
      return { command };
  }
  return { reason: 'no right to make network namespaces, or no `unshare` and `ip`' };
}

interface Machine {
  readonly address: string;
  /** A process that does nothing but keep the namespace. */
  readonly holder: ChildProcess;
}

/**
 * Each machine is a network namespace on one bridge. A cut is a wrong neighbour entry: packets leave and reach nobody,
 * established connections go silent, new ones wait, and nobody gets an error, as behind a broken switch.
 */
export class NamespaceNetwork implements Network {
  readonly kind = 'namespaces';
  readonly missing: Network['missing'] = {};
  readonly #machines = new Map<string, Promise<Machine>>();
  readonly #held = new Map<string, Machine>();
  readonly #cuts: { from: string; to: string }[] = [];
  readonly #slowed = new Set<string>();

  private constructor() {}

  /** To be called in a process that `namespaceCommand` started. */
  static async create(): Promise<NamespaceNetwork> {
    await ip('link', 'set', 'lo', 'up');
    await ip('link', 'add', 'bridge', 'type', 'bridge');
    await ip('addr', 'add', `${prefix}1/24`, 'dev', 'bridge');
    await ip('link', 'set', 'bridge', 'up');
    return new NamespaceNetwork();
  }

  async addressOf(machine: string): Promise<string> {
    let made = this.#machines.get(machine);
    if (made === undefined) {
      made = this.#make(this.#machines.size);
      this.#machines.set(machine, made);
      this.#held.set(machine, await made);
    }
    return (await made).address;
  }

  commandOn(machine: string, command: readonly string[]): readonly string[] {
    return ['nsenter', '-t', `${this.#holderOf(machine)}`, '-n', ...command];
  }

  environmentOf(): Readonly<Record<string, string>> {
    return {};
  }

  async cut(from: string, to: string): Promise<void> {
    this.#cuts.push({ from, to });
    const { address } = this.#held.get(to)!;
    await this.#ip(from, 'neigh', 'replace', address, 'lladdr', nobody, 'dev', 'eth0', 'nud', 'permanent');
  }

  /** A narrow link: its queue holds what is sent for up to the delay, and drops what does not fit. */
  async slow(machine: string, delayMs: number): Promise<void> {
    if (this.#slowed.has(machine)) return;
    this.#slowed.add(machine);
    await this.#tc(machine, 'add', 'tbf', 'rate', narrowRate, 'burst', '4k', 'latency', `${delayMs}ms`);
  }

  async hasSlowed(machine: string): Promise<boolean> {
    const args = ['-t', `${this.#holderOf(machine)}`, '-n', 'tc', '-s', 'qdisc', 'show', 'dev', 'eth0'];
    const { stdout } = await run('nsenter', args);
    return Number(/overlimits (\d+)/.exec(stdout)?.[1] ?? 0) > 0;
  }

  async heal(): Promise<void> {
    for (const { from, to } of this.#cuts.splice(0)) {
      const { address } = this.#held.get(to)!;
      // found out anew by the next packet
      await this.#ip(from, 'neigh', 'del', address, 'dev', 'eth0').catch(() => {});
    }
    for (const machine of this.#slowed) await this.#tc(machine, 'del');
    this.#slowed.clear();
  }

  async carries(from: string, to: string, port: number): Promise<boolean> {
    const { address } = this.#held.get(to)!;
    // a path that nothing has is answered at once, so that the way back is tried as well
    const script = `exec 3<>/dev/tcp/${address}/${port}; printf 'GET /probe HTTP/1.0\\r\\n\\r\\n' >&3; head -c 1 <&3 | wc -c`;
    const [program, ...args] = this.commandOn(from, ['timeout', '1', 'bash', '-c', script]);
    const { stdout } = await run(program!, args).catch(() => ({ stdout: '' }));
    return stdout.trim() === '1';
  }

  async close(): Promise<void> {
    for (const { holder } of this.#held.values()) holder.kill('SIGKILL');
  }

  async #make(index: number): Promise<Machine> {
    const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    await once(holder, 'spawn');
    const address = `${prefix}${10 + index}`;
    const port = `port${index}`;
    const own = await ownNamespace();
    // the namespace is there once the holder has left ours
    for (let tries = 0; tries < 200 && (await namespaceOf(holder.pid!)) === own; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${holder.pid}`);
    await ip('link', 'set', port, 'master', 'bridge', 'up');
    const inside = (...args: string[]) => run('nsenter', ['-t', `${holder.pid}`, '-n', 'ip', ...args]);
    await inside('link', 'set', 'lo', 'up');
    await inside('addr', 'add', `${address}/24`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    return { address, holder };
  }

  #holderOf(machine: string): number {
    const held = this.#held.get(machine);
    if (held === undefined) throw new Error(`there is no machine ${machine}`);
    return held.holder.pid!;
  }

  async #ip(machine: string, ...args: string[]): Promise<void> {
    await run('nsenter', ['-t', `${this.#holderOf(machine)}`, '-n', 'ip', ...args]);
  }

  async #tc(machine: string, action: 'add' | 'del', ...discipline: string[]): Promise<void> {
    const args = ['tc', 'qdisc', action, 'dev', 'eth0', 'root', ...discipline];
    await run('nsenter', ['-t', `${this.#holderOf(machine)}`, '-n', ...args]);
  }
}

/** Of the range for benchmarks (RFC 2544), in a network that nothing else is in. */
const prefix = '198.18.0.';
/** So little that the load of a run waits for it. */
const narrowRate = '100kbit';
/** A locally administered address that no machine has. */
const nobody = '02:00:00:00:00:01';

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}

async function namespaceOf(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/ns/net`).catch(() => 'none');
}

function ownNamespace(): Promise<string> {
  return namespaceOf(process.pid);
}
