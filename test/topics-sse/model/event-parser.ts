import { fail } from './published.ts';

export interface ParsedEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

const lineEnd = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a stream of Server-Sent Events that comes in pieces, as strictly as its writer promises to write it. */
export class EventParser {
  readonly #onEvent: (event: ParsedEvent) => void;
  /** The beginning of a line whose end has not come. */
  #begun: Uint8Array[] = [];
  #event = '';
  #id: string | undefined;
  #data: string[] = [];
  /** What the writer asked to wait before connecting again, in ms. */
  retryMs: number | null = null;

  constructor(onEvent: (event: ParsedEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, start)) {
      const line = chunk.subarray(start, end);
      this.#take(decoder.decode(this.#begun.length === 0 ? line : Buffer.concat([...this.#begun, line])));
      this.#begun = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#begun.push(chunk.subarray(start));
  }

  #take(line: string): void {
    if (line === '') return this.#dispatch();
    if (line.startsWith(': ')) return;
    const colon = line.indexOf(': ');
    const value = line.slice(colon + 2);
    switch (line.slice(0, colon)) {
      case 'event':
        this.#event = value;
        return;
      case 'id':
        this.#id = value;
        return;
      case 'data':
        this.#data.push(value);
        return;
      case 'retry':
        this.retryMs = Number(value);
        return;
      default:
        fail(`a line of a stream is ${JSON.stringify(line)}`);
    }
  }

  #dispatch(): void {
    if (this.#event !== '') this.#onEvent({ event: this.#event, id: this.#id, data: this.#data.join('\n') });
    this.#event = '';
    this.#id = undefined;
    this.#data = [];
  }
}
