/** The fault proxy, in a thread of its own: passes connections on between machines, as the rules of the moment say. */
import { connect, createServer, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';

/** What holds from one machine to another. */
export interface Rule {
  readonly from: string;
  readonly to: string;
  readonly cut: boolean;
  readonly delayMs: number;
}
export type ProxyCall =
  | { readonly type: 'rules'; readonly call: number; readonly rules: readonly Rule[] }
  | { readonly type: 'machine'; readonly call: number; readonly name: string; readonly address: string }
  | { readonly type: 'look'; readonly call: number };
export type ProxyReply =
  /** `delayed`: pieces that were held up since the rules were set. */
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'done'; readonly call: number; readonly delayed: number };

/** Bytes of a first line at most: two addresses and a port. */
const firstLineBytesMax = 200;
/** Chunks that wait in a slow direction before its source is told to wait. */
const delayedMax = 256;

const names = new Map<string, string>();
let rules = new Map<string, Rule>();
const directions = new Set<Direction>();
let delayedPieces = 0;
const keyOf = (from: string, to: string): string => `${from} ${to}`;

/** One direction of a connection. */
class Direction {
  readonly #key: string;
  readonly #source: Socket;
  readonly #target: Socket;
  #delayed = 0;
  #full = false;

  constructor(from: string, to: string, source: Socket, target: Socket) {
    this.#key = keyOf(from, to);
    this.#source = source;
    this.#target = target;
    directions.add(this);
    source.on('data', (chunk: Buffer) => this.#pass(() => this.#write(chunk)));
    source.on('end', () => this.#pass(() => target.end()));
    target.on('drain', () => {
      this.#full = false;
      this.apply();
    });
    source.on('close', () => directions.delete(this));
    this.apply();
  }

  /** Stops or goes on reading, as the rules say: what is not read waits in the kernels, as on a dead wire. */
  apply(): void {
    const stopped = rules.get(this.#key)?.cut === true || this.#full || this.#delayed > delayedMax;
    if (stopped) this.#source.pause();
    else this.#source.resume();
  }

  #pass(send: () => void): void {
    const delayMs = rules.get(this.#key)?.delayMs ?? 0;
    if (delayMs === 0 && this.#delayed === 0) return send();
    this.#delayed++;
    delayedPieces++;
    this.apply();
    // timers of one length keep their order; a rule that ends leaves what is under way in its turn
    setTimeout(() => {
      this.#delayed--;
      send();
      this.apply();
    }, delayMs || longestDelayMs());
  }

  #write(chunk: Buffer): void {
    if (this.#target.destroyed || this.#target.writableEnded) return;
    if (this.#target.write(chunk)) return;
    this.#full = true;
    this.apply();
  }
}

let lastDelayMs = 0;
function longestDelayMs(): number {
  for (const { delayMs } of rules.values()) lastDelayMs = Math.max(lastDelayMs, delayMs);
  return lastDelayMs;
}

function accept(client: Socket): void {
  client.setNoDelay(true);
  client.on('error', () => client.destroy());
  let head = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(10);
    if (end < 0) return void (head.length > firstLineBytesMax && client.destroy());
    client.off('data', read);
    client.pause();
    const [from, host, port] = head.toString('latin1', 0, end).split(' ');
    passOn(client, from!, host!, Number(port), head.subarray(end + 1));
  };
  client.on('data', read);
}

function passOn(client: Socket, from: string, host: string, port: number, first: Buffer): void {
  const to = names.get(host) ?? host;
  const server = connect({ host, port, allowHalfOpen: true });
  server.setNoDelay(true);
  // a refused or broken connection shows as a reset, at once
  const end = (one: Socket, other: Socket): void => {
    one.on('error', () => other.resetAndDestroy());
    one.on('close', () => other.destroy());
  };
  end(server, client);
  end(client, server);
  server.once('connect', () => {
    if (first.length > 0) client.unshift(first);
    new Direction(from, to, client, server);
    new Direction(to, from, server, client);
  });
}

const port = parentPort!;
port.on('message', (call: ProxyCall) => {
  if (call.type === 'machine') names.set(call.address, call.name);
  if (call.type === 'rules') {
    delayedPieces = 0;
    rules = new Map(call.rules.map((rule) => [keyOf(rule.from, rule.to), rule]));
    for (const direction of directions) direction.apply();
  }
  port.postMessage({ type: 'done', call: call.call, delayed: delayedPieces } satisfies ProxyReply);
});
const server = createServer({ allowHalfOpen: true }, accept);
server.listen(0, '127.0.0.1', () => {
  port.postMessage({ type: 'listening', port: (server.address() as { port: number }).port } satisfies ProxyReply);
});
