import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

/** What a test does to a call: `pass` it on, `hang` without an answer, pass it on and `lose` its answer, or `mute` a stream after its first message. */
export type ProxyMood = 'pass' | 'hang' | 'lose' | 'mute';

/** An HTTP proxy before an etcd server, which can come between. */
export class EtcdProxy {
  /** Asked for each call. */
  mood: (path: string) => ProxyMood | Promise<ProxyMood> = () => 'pass';
  /** Calls seen, by path. */
  readonly calls = new Map<string, number>();
  readonly #target: string;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<EtcdProxy> {
    const proxy = new EtcdProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!;
    this.calls.set(path, (this.calls.get(path) ?? 0) + 1);
    const body = Buffer.concat(await Array.fromAsync(request));
    const mood = await this.mood(path);
    if (mood === 'hang') return;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { authorization } = request.headers;
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const answer = await fetch(this.#target + path, { method: 'POST', body, headers, signal: gone.signal });
    if (mood === 'lose') return void (await answer.arrayBuffer());
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    for await (const chunk of Readable.fromWeb(answer.body as never)) {
      response.write(chunk);
      if (mood === 'mute') return;
    }
    response.end();
  }
}
