export interface HttpAnswer {
  readonly status: number;
  readonly requestId: string | undefined;
  /** The body, a character for each byte. */
  readonly body: string;
}

const headEnd = Buffer.from('\r\n\r\n');

/** Cuts what a server sends on one connection into answers: HTTP/1.1, each with its length. */
export class HttpAnswers {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; the answers that they complete. Raises for what is no such answer. */
  push(chunk: Buffer): HttpAnswer[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const answers: HttpAnswer[] = [];
    for (let answer = this.#take(); answer !== null; answer = this.#take()) answers.push(answer);
    return answers;
  }

  #take(): HttpAnswer | null {
    const bytes = this.#bytes;
    const at = bytes.indexOf(headEnd);
    if (at < 0) return null;
    const head = bytes.toString('latin1', 0, at);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    const length = status === 204 ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(status) || Number.isNaN(length)) throw new Error(`no answer: ${head.slice(0, 200)}`);
    const start = at + headEnd.length;
    if (bytes.length < start + length) return null;
    this.#bytes = bytes.subarray(start + length);
    return {
      status,
      requestId: /\r\nx-request-id: ([^\r]*)/i.exec(head)?.[1],
      body: bytes.toString('latin1', start, start + length),
    };
  }
}
