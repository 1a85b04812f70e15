import type { Writable } from 'node:stream';

/**
 * The end of a turn of the event loop, when what it has gathered leaves: all that was written to one socket in one
 * system call, which for small frames costs more than all else about them.
 */
export class TurnEnd {
  #callbacks: (() => void)[] = [];
  #departures: (() => void)[] = [];
  #sockets: Writable[] = [];
  #scheduled = false;
  readonly #run = (): void => {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
    const departures = this.#departures;
    this.#departures = [];
    for (const depart of departures) depart();
    const sockets = this.#sockets;
    this.#sockets = [];
    for (const socket of sockets) socket.uncork();
    // what came meanwhile is for the next turn
    this.#scheduled = false;
    if (this.#callbacks.length > 0 || this.#departures.length > 0 || this.#sockets.length > 0) this.#schedule();
  };

  /** Runs the callback at the end of this turn, before what is gathered leaves. */
  defer(callback: () => void): void {
    this.#callbacks.push(callback);
    this.#schedule();
  }

  /** Runs the callback once all that was deferred has run: what they have gathered with it leaves. */
  depart(callback: () => void): void {
    this.#departures.push(callback);
    this.#schedule();
  }

  /** What is written to the socket from here on leaves at the end of this turn. */
  gather(socket: Writable): void {
    if (socket.writableCorked > 0) return;
    socket.cork();
    this.#sockets.push(socket);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }
}
