import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { HeaderList } from '../http/exchange.ts';
import { listenerLimits } from '../limits.ts';

/** The field in which Node keeps the head of a response once it has made it, null until then. */
interface WithHead {
  _header: string | null;
}

const persistent = `connection: keep-alive\r\nkeep-alive: timeout=${listenerLimits.keepAliveMs / 1_000}\r\n\r\n`;

/** The date of this second, which all answers of the second share. */
let dateSecond = 0;
let dateLine = '';

/**
 * Gives a response its head in one piece. `writeHead` judges and joins every header by itself, which is a tenth of
 * a small GET; the values here are the server's own, and the content type of a value was judged when it was put.
 *
 * Works by the field that Node keeps the head in. Returns false, with nothing done, when that is not as expected
 * or the connection is not to be kept: the caller then writes the head the ordinary way.
 *
 * `length` is the body's, or -1 for an answer that has none to tell. `wallMs` is the time now, in ms.
 */
export function prepareHead(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: HeaderList,
  length: number,
  wallMs: number,
): boolean {
  const kept = response as unknown as WithHead;
  if (kept._header !== null || !response.shouldKeepAlive || request.httpVersionMinor !== 1) return false;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === 'connection') return false;
    head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  }
  if (length >= 0) head += `content-length: ${length}\r\n`;
  response.statusCode = status;
  kept._header = head + dateOf(wallMs) + persistent;
  return true;
}

function dateOf(wallMs: number): string {
  const second = Math.floor(wallMs / 1_000);
  if (second === dateSecond) return dateLine;
  dateSecond = second;
  dateLine = `date: ${new Date(second * 1_000).toUTCString()}\r\n`;
  return dateLine;
}
