import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { fleetAuthorization } from '../../../shared/frame/transport.ts';
import type { Life } from '../messages.ts';
import { newestForm } from '../wire/layout.ts';

/** Names of the connection: the protocol in `Upgrade`, and the path that it is asked for at. */
export const replicationProtocol = 'godwit-replication';
export const replicationPath = '/internal/v1/replication';
/** Headers of the request: the life that dials, the life that it means, and the count of its dials. */
export const fromHeader = 'godwit-from';
export const toHeader = 'godwit-to';
export const dialHeader = 'godwit-dial';
/** Header of request and answer: the newest form of messages that the sender knows (`wire/layout.ts`); 1 without it. */
export const formHeader = 'godwit-form';

const lifePattern = /^[A-Za-z0-9._~:-]{1,128}\/[A-Za-z0-9._~:-]{1,128}$/;

interface Handshake {
  readonly from: Life;
  readonly to: Life;
  readonly dial: number;
  /** The form of the messages that will come. */
  readonly form: number;
}

/** What a request to be switched says of its sender; null when it does not say it as it should. */
export function readHandshake({ headers }: IncomingMessage): Handshake | null {
  const from = headers[fromHeader];
  const to = headers[toHeader];
  const dial = Number(headers[dialHeader]);
  if (typeof from !== 'string' || !lifePattern.test(from) || typeof to !== 'string') return null;
  if (!Number.isSafeInteger(dial) || dial <= 0) return null;
  return { from, to, dial, form: formOf(headers[formHeader]) };
}

/** The form that both ends know. */
function formOf(header: string | string[] | undefined): number {
  const theirs = Number(header ?? 1);
  return Number.isSafeInteger(theirs) && theirs >= 1 ? Math.min(theirs, newestForm) : 1;
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
export type Dialled =
  | { readonly socket: Socket; readonly head: Buffer; readonly form: number }
  | { readonly refused: string };

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
      [formHeader]: String(newestForm),
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
    if (!over && response.headers.upgrade === replicationProtocol) {
      return end({ socket, head, form: formOf(response.headers[formHeader]) });
    }
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
