import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { fleetAuthorization } from '../../../shared/frame/transport.ts';
import type { Life } from '../messages.ts';

/**
 * Names of the connection: the protocol in `Upgrade`, and the path that it is asked for at. The number grows with the
 * form of the messages (`wire/layout.ts`): nodes of different ones refuse each other instead of breaking off in the
 * middle.
 */
export const replicationProtocol = 'godwit-replication-2';
export const replicationPath = '/internal/v1/replication';
/** Headers of the request: the life that dials, the life that it means, and the count of its dials. */
export const fromHeader = 'godwit-from';
export const toHeader = 'godwit-to';
export const dialHeader = 'godwit-dial';

const lifePattern = /^[A-Za-z0-9._~:-]{1,128}\/[A-Za-z0-9._~:-]{1,128}$/;

/** What a request to be switched says of its sender; null when it does not say it as it should. */
export function readHandshake({ headers }: IncomingMessage): { from: Life; to: Life; dial: number } | null {
  const from = headers[fromHeader];
  const to = headers[toHeader];
  const dial = Number(headers[dialHeader]);
  if (typeof from !== 'string' || !lifePattern.test(from) || typeof to !== 'string') return null;
  return Number.isSafeInteger(dial) && dial > 0 ? { from, to, dial } : null;
}

export interface Dial {
  readonly url: string;
  readonly authorization: string;
  readonly from: Life;
  readonly to: Life;
  readonly number: number;
  readonly timeoutMs: number;
}

/** A dialled connection, or why there is none: a status, or the code of an error. */
export type Dialled = { readonly socket: Socket; readonly head: Buffer } | { readonly refused: string };

/**
 * Dials a peer's internal listener and asks for the protocol (RFC 9110 §7.8). Calls `done` once and never within
 * this call; not at all when the dial is called off by what it returns.
 */
export function dialPeer(dial: Dial, done: (dialled: Dialled) => void): () => void {
  const asking = request(new URL(replicationPath, dial.url), {
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: replicationProtocol,
      [fleetAuthorization]: dial.authorization,
      [fromHeader]: dial.from,
      [toHeader]: dial.to,
      [dialHeader]: String(dial.number),
    },
  });
  let over = false;
  const end = (dialled: Dialled): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    if ('refused' in dialled) asking.destroy();
    done(dialled);
  };
  const timer = setTimeout(() => end({ refused: 'timeout' }), dial.timeoutMs);
  asking.on('upgrade', (response, socket: Socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!over && response.headers.upgrade === replicationProtocol) return end({ socket, head });
    socket.destroy();
    end({ refused: 'another protocol' });
  });
  asking.on('response', (response) => end({ refused: String(response.statusCode) }));
  asking.on('error', (error) => end({ refused: 'code' in error ? String(error.code) : error.name }));
  asking.end();
  return () => {
    over = true;
    clearTimeout(timer);
    asking.destroy();
  };
}
