const carriageReturn = 13;
const lineFeed = 10;
const space = 32;
const colon = 58;
/** ORed onto an ASCII letter it makes lower case of it. */
const lowerCaseBit = 0x20;

/** What is wrong with an answer that no HTTP/1.1 client could read, as a kind of error. */
export type AnswerDefect = 'answer_is_not_http' | 'answer_without_length' | 'answer_head_too_large' | 'answer_too_long';

/**
 * The head of one HTTP/1.1 answer (RFC 9112), read in a single pass over its bytes. One object is filled again
 * and again, so that an answer costs no allocation.
 */
export class AnswerHead {
  status = 0;
  /** `Content-Length`; 0 where the status has no body. */
  bodyLength = 0;
  /** Whether the server closes the connection after this answer. */
  closes = false;

  /**
   * Reads the head between `start` and `end`.
   * @returns where the body begins, -1 when the head is not complete yet, or what is wrong with it
   */
  read(bytes: Uint8Array, start: number, end: number): number | AnswerDefect {
    let at = lineEnd(bytes, start, end);
    if (at < 0) return -1;
    const isHttp = at - start >= 12 && bytes[start] === 72 && bytes[start + 4] === 47 && bytes[start + 8] === space;
    this.status = isHttp ? number(bytes, start + 9, start + 12) : -1;
    if (this.status < 100) return 'answer_is_not_http';
    // HTTP/1.0 closes unless it says otherwise
    this.closes = bytes[start + 7] === 48;
    let bodyLength = -1;
    for (;;) {
      const line = at + 1;
      at = lineEnd(bytes, line, end);
      if (at < 0) return -1;
      if (at === line || (at === line + 1 && bytes[line] === carriageReturn)) break;
      // 'c' begins the two names that matter
      if ((bytes[line]! | lowerCaseBit) !== 99) continue;
      if (isName(bytes, line, contentLength)) bodyLength = number(bytes, line + contentLength.length, at);
      else if (isName(bytes, line, connection)) this.closes = isValue(bytes, line + connection.length, at, close);
    }
    const hasNoBody = this.status < 200 || this.status === 204 || this.status === 304;
    this.bodyLength = hasNoBody ? 0 : bodyLength;
    return this.bodyLength < 0 ? 'answer_without_length' : at + 1;
  }
}

const contentLength = Buffer.from('content-length:');
const connection = Buffer.from('connection:');
const close = Buffer.from('close');

/** Index of the line feed at or after `from`, or -1. */
function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i < end; i++) if (bytes[i] === lineFeed) return i;
  return -1;
}

/** Whether a line begins with this lower-case name and its colon. */
function isName(bytes: Uint8Array, line: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    const expected = name[i]!;
    if ((expected === colon ? bytes[line + i]! : bytes[line + i]! | lowerCaseBit) !== expected) return false;
  }
  return true;
}

/** Whether a header's value begins with this lower-case word. */
function isValue(bytes: Uint8Array, from: number, end: number, word: Uint8Array): boolean {
  let at = from;
  while (at < end && bytes[at] === space) at++;
  for (let i = 0; i < word.length; i++) if ((bytes[at + i]! | lowerCaseBit) !== word[i]) return false;
  return true;
}

/** A decimal number with spaces around it; -1 when it is none, or too large to be exact. */
function number(bytes: Uint8Array, from: number, end: number): number {
  let value = -1;
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - 48;
    if (digit >= 0 && digit <= 9) value = Math.max(value, 0) * 10 + digit;
    else if (bytes[i] !== space && bytes[i] !== carriageReturn) return -1;
    if (value > Number.MAX_SAFE_INTEGER / 10) return -1;
  }
  return value;
}
