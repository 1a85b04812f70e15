import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback between clients and one server, whose connections a test may cut. */
export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: string;
  #refusing = false;
  /** Connections that clients have opened so far. */
  connections = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((client) => this.#forward(client));
  }

  static async start(target: string): Promise<CutProxy> {
    const proxy = new CutProxy(target);
    proxy.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection in the middle, as a lost network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts, and breaks every new connection at once until `restore`. */
  cutAndRefuse(): void {
    this.#refusing = true;
    this.cut();
  }

  restore(): void {
    this.#refusing = false;
  }

  /** Where new connections go from now on. */
  pointTo(target: string): void {
    this.#target = target;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #forward(client: Socket): void {
    this.connections++;
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(this.#target);
    const server = connect({ host: hostname, port: Number(port) });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      // Ends are passed on, so that what was sent before them still arrives.
      socket.pipe(other);
    }
  }
}
