import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's HTTP server keeps with a connection, as far as it is known here. */
interface HttpParser {
  unconsume(): void;
  remove(): void;
  close(): void;
  _consumed?: boolean;
  incoming?: unknown;
  outgoing?: unknown;
  socket?: unknown;
  onIncoming?: unknown;
}

const httpEvents = ['data', 'end', 'close', 'drain', 'error', 'timeout', 'resume', 'pause'];

/**
 * Takes a connection from Node's HTTP server once the head of its last response has been written: the parser goes, and
 * with it request and response, as when a connection is switched to another protocol. Of the 17 KiB that an open
 * response costs 6 are left (measured with 6,000 of them, Node 26), which is what bounds the subscribers of a gateway.
 *
 * Listeners in `keep` stay; all others go. What the client sends from then on is read and dropped. Returns whether it
 * was done: where Node's insides are not as expected nothing is, and the connection stays the server's.
 *
 * Not to be called from within the parser, that is, in the turn that brought the request.
 */
export function takeOver(response: ServerResponse, socket: Socket, keep: ReadonlySet<unknown>): boolean {
  const holder = socket as Socket & { parser?: HttpParser | null };
  const { parser } = holder;
  const known =
    parser &&
    typeof parser.unconsume === 'function' &&
    typeof parser.remove === 'function' &&
    typeof parser.close === 'function' &&
    response.socket === socket &&
    !socket.destroyed;
  if (!known) return false;
  for (const event of httpEvents) {
    for (const listener of socket.listeners(event))
      if (!keep.has(listener)) socket.removeListener(event, listener as () => void);
  }
  parser.unconsume();
  parser._consumed = false;
  parser.remove();
  for (const field of ['incoming', 'outgoing', 'socket', 'onIncoming'] as const) parser[field] = null;
  parser.close();
  holder.parser = null;
  response.detachSocket(socket);
  socket.resume();
  return true;
}
