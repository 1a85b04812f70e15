import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Network } from './network.ts';
import type { ProxyCall, ProxyReply, Rule } from './proxy-worker.ts';

/** A longest wait for the answer to a probe, in ms. */
const probeMs = 1_000;
const redirect = new URL('./redirect.ts', import.meta.url).href;

/**
 * Machines are addresses of loopback, and all connections between them go through one proxy that knows both ends: it
 * stops, or delays, what goes from one machine to the other. Needs no rights; TCP itself sees no fault.
 */
export class ProxyNetwork implements Network {
  readonly kind = 'proxy';
  readonly missing: Network['missing'] = {};
  readonly #worker: Worker;
  readonly #port: number;
  readonly #addresses = new Map<string, string>();
  readonly #waiting = new Map<number, (delayed: number) => void>();
  #rules = new Map<string, Rule>();
  #calls = 0;

  private constructor(worker: Worker, port: number) {
    this.#worker = worker;
    this.#port = port;
    worker.on('message', (reply: ProxyReply) => {
      if (reply.type === 'done') this.#waiting.get(reply.call)?.(reply.delayed);
    });
  }

  static create(): Promise<ProxyNetwork> {
    const worker = new Worker(new URL('./proxy-worker.ts', import.meta.url));
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (reply: ProxyReply) => {
        worker.off('error', reject);
        if (reply.type === 'listening') resolve(new ProxyNetwork(worker, reply.port));
      });
    });
  }

  async addressOf(machine: string): Promise<string> {
    const known = this.#addresses.get(machine);
    if (known !== undefined) return known;
    const address = `127.77.0.${10 + this.#addresses.size}`;
    this.#addresses.set(machine, address);
    await this.#ask((call) => ({ type: 'machine', call, name: machine, address }));
    return address;
  }

  commandOn(_machine: string, command: readonly string[]): readonly string[] {
    return command;
  }

  environmentOf(machine: string): Readonly<Record<string, string>> {
    return {
      CHAOS_MACHINE: machine,
      CHAOS_PROXY_PORT: String(this.#port),
      NODE_OPTIONS: `--import=${redirect}`,
    };
  }

  cut(from: string, to: string): Promise<void> {
    return this.#set({ from, to, cut: true, delayMs: 0 });
  }

  async slow(machine: string, delayMs: number): Promise<void> {
    for (const other of this.#addresses.keys()) {
      if (other === machine) continue;
      await this.#set({ from: machine, to: other, cut: false, delayMs });
      await this.#set({ from: other, to: machine, cut: false, delayMs });
    }
  }

  async hasSlowed(): Promise<boolean> {
    return (await this.#ask((call) => ({ type: 'look', call }))) > 0;
  }

  async heal(): Promise<void> {
    this.#rules = new Map();
    await this.#sendRules();
  }

  /** As a process on `from` would see it: through the proxy. */
  carries(from: string, to: string, port: number): Promise<boolean> {
    const address = this.#addresses.get(to)!;
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port });
      const finish = (carried: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(carried);
      };
      const timer = setTimeout(() => finish(false), probeMs);
      socket.on('error', () => finish(false));
      socket.on('close', () => finish(false));
      socket.on('data', () => finish(true));
      socket.write(`${from} ${address} ${port}\nGET /probe HTTP/1.0\r\n\r\n`);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #set(rule: Rule): Promise<void> {
    this.#rules.set(`${rule.from} ${rule.to}`, rule);
    await this.#sendRules();
  }

  async #sendRules(): Promise<void> {
    await this.#ask((call) => ({ type: 'rules', call, rules: [...this.#rules.values()] }));
  }

  #ask(message: (call: number) => ProxyCall): Promise<number> {
    const call = ++this.#calls;
    return new Promise((resolve) => {
      this.#waiting.set(call, (delayed) => {
        this.#waiting.delete(call);
        resolve(delayed);
      });
      this.#worker.postMessage(message(call));
    });
  }
}
