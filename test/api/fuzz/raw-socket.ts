import { connect } from 'node:net';

/** What came back over a socket of its own. */
export interface RawAnswer {
  /** Status of each response, in order. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** Whether the time ran out before the server closed the connection. */
  readonly hung: boolean;
}

/**
 * Sends bytes as they are and reads until the server closes the connection. Characters stand for bytes
 * (Latin-1). `cutOff` ends the sending side too, as a client does that went away.
 */
export function sendRaw(url: string, bytes: string, cutOff = false, timeoutMs = 10_000): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const settle = (hung: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({ statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1])), text, hung });
    };
    const timer = setTimeout(() => settle(true), timeoutMs);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => settle(false));
    // A refusal may come as a reset when the server has not read all of what it was sent.
    socket.on('error', () => settle(false));
    const sent = Buffer.from(bytes, 'latin1');
    if (cutOff) socket.end(sent);
    else socket.write(sent);
  });
}

/** The body of the first response, as JSON; undefined when it is none. */
export function firstProblem({ text }: RawAnswer): { readonly code?: string; readonly status?: number } | undefined {
  const at = text.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  if (at < 0 || length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(text.slice(at + 4, at + 4 + length), 'latin1').toString('utf8'));
  } catch {
    return undefined;
  }
}
