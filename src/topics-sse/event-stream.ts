/**
 * Encodes Server-Sent Events (HTML Living Standard §9.2.6). Lines end with LF alone, and data is split at every
 * line end that a client would split at (CR, LF, CRLF), because some clients do not know CR.
 */

/** One event. `event` and `id` must not hold CR, LF or NUL; `RangeError` otherwise, for they would end the field. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

export const eventStreamContentType = 'text/event-stream';

export function encodeEvent({ event, id, data }: ServerSentEvent): string {
  let text = '';
  if (event !== undefined) text += `event: ${fieldText(event)}\n`;
  if (id !== undefined) text += `id: ${fieldText(id)}\n`;
  return `${text}${encodeData(data)}\n`;
}

/** The data lines of an event. What was CR or CRLF reaches the client as LF. */
export function encodeData(data: string): string {
  if (!/[\r\n]/.test(data)) return `data: ${data}\n`;
  let text = '';
  for (const line of data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`;
  return text;
}

/** A comment: keeps the connection and what is between alive, and means nothing to the client. */
export function encodeComment(text: string): string {
  return `: ${fieldText(text)}\n\n`;
}

/** How long the client waits before it connects again, in ms. */
export function encodeRetry(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError('retry takes whole milliseconds');
  return `retry: ${ms}\n\n`;
}

function fieldText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  if (/[\r\n\x00]/.test(text)) throw new RangeError('a field of an event takes one line');
  return text;
}
