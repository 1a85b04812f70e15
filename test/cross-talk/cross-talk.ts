/**
 * Looks for answers that come to somebody else: clients that send several requests at once on one connection and
 * break it at random points, while others go on. Every answer is held against the very request that it must belong
 * to; values say of themselves whose they are.
 */
import { connect, type Socket } from 'node:net';
import { Choices } from '../api/fuzz/random.ts';
import { HttpAnswers } from './http-answers.ts';
import { type CheckedRequest, Requests } from './requests.ts';

export interface CrossTalkOptions {
  /** Base URLs of the gateways. */
  readonly urls: readonly string[];
  readonly token: string;
  readonly caches: readonly string[];
  readonly requests: number;
  readonly seed: number;
  readonly connections: number;
  /** Told now and then of the requests that are over. */
  readonly onProgress?: (requests: number) => void;
}

export interface CrossTalkTally {
  answered: number;
  /** Answered with 503: nothing was done. */
  refused: number;
  aborted: number;
  /** Connections that were broken. */
  broken: number;
  /** What was wrong, the first of each connection. */
  readonly wrong: string[];
}

/** Requests that are sent at once on one connection, at most. */
const pipelineMax = 8;
/** Time in which a connection that says nothing is found to be wrong, in ms. */
const silentMsMax = 30_000;

export async function runCrossTalk(options: CrossTalkOptions): Promise<CrossTalkTally> {
  const tally: CrossTalkTally = { answered: 0, refused: 0, aborted: 0, broken: 0, wrong: [] };
  const requests = new Requests(new Choices(options.seed), options.token, options.caches);
  const clients = Array.from({ length: options.connections }, (_, index) => {
    const random = new Choices(options.seed + 1 + index);
    return new Client(options.urls[index % options.urls.length]!, random, requests, tally);
  });
  const over = (): number => tally.answered + tally.aborted;
  let told = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (over() < options.requests && tally.wrong.length === 0) {
        // Half of all are to be broken off.
        await client.round(tally.aborted < over() / 2);
        if (over() < told + 50_000) continue;
        told = over();
        options.onProgress?.(told);
      }
      client.close();
    }),
  );
  return tally;
}

/** One client: a connection at a time, with some requests on it at a time. */
class Client {
  readonly #url: URL;
  readonly #random: Choices;
  readonly #requests: Requests;
  readonly #tally: CrossTalkTally;
  #socket: Socket | null = null;
  #answers = new HttpAnswers();
  #open: CheckedRequest[] = [];
  /** Bytes of answers after which the connection is broken. */
  #breakAfter = Infinity;
  #onEnd: () => void = () => {};

  constructor(url: string, random: Choices, requests: Requests, tally: CrossTalkTally) {
    this.#url = new URL(url);
    this.#random = random;
    this.#requests = requests;
    this.#tally = tally;
  }

  /** Sends some requests; resolves when all of them are answered, or the connection is broken. */
  round(breaks: boolean): Promise<void> {
    const random = this.#random;
    this.#open = Array.from({ length: 1 + random.below(pipelineMax) }, () => this.#requests.next());
    const bytes = Buffer.concat(this.#open.map((request) => request.bytes));
    const socket = this.#connected();
    this.#breakAfter = Infinity;
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      if (!breaks) return void socket.write(bytes);
      const dice = random.next();
      if (dice < 0.4) this.#breakAfter = random.below(random.of([1, 300, 3_000, 50_000]));
      const cut = dice < 0.7 ? bytes : bytes.subarray(0, random.below(bytes.length));
      socket.write(cut, () => {
        if (this.#breakAfter < Infinity) {
          // Should the answers be shorter than that.
          setTimeout(() => this.#break(socket), 20);
        } else setTimeout(() => this.#break(socket), random.of([0, 0, 1, 2, 5]));
      });
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connected(): Socket {
    if (this.#socket !== null) return this.#socket;
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    this.#socket = socket;
    this.#answers = new HttpAnswers();
    socket.setTimeout(silentMsMax, () => this.#fail(socket, 'no answer came'));
    socket.on('data', (chunk: Buffer) => this.#onData(socket, chunk));
    socket.on('error', (error) => this.#fail(socket, error.message));
    socket.on('close', () => this.#fail(socket, 'the gateway closed the connection'));
    return socket;
  }

  #onData(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return;
    this.#breakAfter -= chunk.length;
    let wrong: string | null = null;
    try {
      for (const answer of this.#answers.push(chunk)) {
        const request = this.#open.shift();
        wrong ??= request === undefined ? `${answer.status} answers no request` : request.check(answer);
        this.#tally.answered++;
        if (answer.status === 503) this.#tally.refused++;
      }
    } catch (error) {
      wrong ??= String(error);
    }
    if (wrong !== null) return this.#fail(socket, wrong);
    if (this.#open.length === 0) this.#end();
    else if (this.#breakAfter <= 0) this.#break(socket);
  }

  /** Breaks the connection as a client does that is gone at once, and leaves no port behind that waits. */
  #break(socket: Socket): void {
    if (socket !== this.#socket || this.#open.length === 0) return;
    this.#socket = null;
    socket.resetAndDestroy();
    this.#tally.aborted += this.#open.length;
    this.#tally.broken++;
    this.#end();
  }

  #fail(socket: Socket, text: string): void {
    if (socket !== this.#socket) return;
    this.close();
    this.#tally.wrong.push(text);
    this.#end();
  }

  #end(): void {
    this.#open = [];
    this.#onEnd();
  }
}
