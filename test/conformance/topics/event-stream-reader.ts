import { type IncomingMessage, request } from 'node:http';

/** One event as a client of the standard would dispatch it (HTML Living Standard §9.2.6). */
export interface StreamEvent {
  readonly event: string;
  /** The id that the event itself carries; undefined when it has none. */
  readonly id: string | undefined;
  readonly data: string;
}

/** What stands between two blank lines. */
export interface Block {
  readonly comments: readonly string[];
  readonly retry: number | undefined;
  readonly event: StreamEvent | undefined;
}

export interface OpenOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long each wait of this reader may take, in ms. */
  readonly patienceMs?: number;
}

/** Well above what a busy machine needs, and below the test runner's own limit. */
const patienceMsDefault = 8_000;
/** Characters of a body that are kept as they came, for messages of failed tests and for bodies that are no streams. */
const textLengthKept = 65_536;
const open = new Set<EventStreamReader>();

/** For `afterEach`: closes the streams that a test left open. */
export function closeStreams(): void {
  for (const reader of open) reader.close();
}

/**
 * A strict reader of one event stream over a connection of its own. It raises for what is not UTF-8, for line
 * ends other than LF and for a byte order mark, because some clients break on each of them.
 */
export class EventStreamReader {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Every block so far. */
  readonly blocks: Block[] = [];
  /** The beginning of the body, so far. */
  text = '';
  ended = false;
  readonly #response: IncomingMessage;
  readonly #patienceMs: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** What has come of a block that is not complete. */
  #unparsed = '';
  #taken = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(response: IncomingMessage, patienceMs: number) {
    this.status = response.statusCode!;
    this.headers = response.headers;
    this.#response = response;
    this.#patienceMs = patienceMs;
    open.add(this);
    response.on('data', (chunk: Buffer) => this.#onBytes(chunk));
    for (const name of ['end', 'close', 'error'] as const) response.on(name, () => this.#onEnd());
  }

  /** Resolves once the head of the answer is there, whatever its status. */
  static open(url: string, options: OpenOptions = {}): Promise<EventStreamReader> {
    const { method = 'GET', headers = {}, patienceMs = patienceMsDefault } = options;
    const at = url.indexOf('/', 'http://'.length);
    const { hostname, port } = new URL(url);
    // The path goes out as it is written: a URL would resolve `%2e%2e`.
    const target = { host: hostname, port, path: url.slice(at), method, agent: false as const };
    return new Promise((resolve, reject) => {
      const call = request({ ...target, headers: { accept: 'text/event-stream', ...headers } });
      call.setTimeout(patienceMs, () => call.destroy(new Error(`no answer within ${patienceMs} ms`)));
      call.on('error', reject);
      call.on('response', (response) => {
        call.setTimeout(0);
        resolve(new EventStreamReader(response, patienceMs));
      });
      call.end();
    });
  }

  /** The next event that was not taken yet. */
  async next(): Promise<StreamEvent> {
    const deadline = this.#deadline();
    for (;;) {
      while (this.#taken < this.blocks.length) {
        const { event } = this.blocks[this.#taken++]!;
        if (event !== undefined) return event;
      }
      if (this.ended) throw new Error(`the stream ended; ${this.#soFar()}`);
      await this.#more('another event', deadline);
    }
  }

  /** The next event that is no checkpoint. */
  async nextBeyondCheckpoints(): Promise<StreamEvent> {
    for (;;) {
      const event = await this.next();
      if (event.event !== 'checkpoint') return event;
    }
  }

  /** The next events that are no checkpoints. */
  async take(count: number): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    while (events.length < count) events.push(await this.nextBeyondCheckpoints());
    return events;
  }

  /** The events from here to the first that matches, itself included. */
  async until(matches: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    do events.push(await this.next());
    while (!matches(events.at(-1)!));
    return events;
  }

  /** Waits for blocks, comments included. */
  async waitForBlocks(matches: (blocks: readonly Block[]) => boolean): Promise<void> {
    const deadline = this.#deadline();
    while (!matches(this.blocks)) {
      if (this.ended) throw new Error(`the stream ended; ${this.#soFar()}`);
      await this.#more('other blocks', deadline);
    }
  }

  /** The events up to the end of the stream. */
  async rest(): Promise<StreamEvent[]> {
    const deadline = this.#deadline();
    while (!this.ended) await this.#more('the end', deadline);
    const events = this.blocks.slice(this.#taken).flatMap(({ event }) => (event === undefined ? [] : [event]));
    this.#taken = this.blocks.length;
    return events;
  }

  /** The body of an answer that is no stream, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test asserts
  async json(): Promise<any> {
    const deadline = this.#deadline();
    while (!this.ended) await this.#more('the end', deadline);
    return JSON.parse(this.text);
  }

  /** Stops reading from the connection, as a client does that is busy or gone without a word. */
  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    open.delete(this);
    this.#response.destroy();
  }

  #onBytes(chunk: Buffer): void {
    try {
      const text = this.#decoder.decode(chunk, { stream: true });
      if (this.text.length < textLengthKept) this.text += text;
      if (this.headers['content-type']?.startsWith('text/event-stream') === true) this.#parse(text);
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#wake?.();
  }

  #onEnd(): void {
    this.ended = true;
    open.delete(this);
    this.#wake?.();
  }

  #parse(text: string): void {
    if (this.text.startsWith('\ufeff')) throw new Error('the stream starts with a byte order mark');
    const blocks = (this.#unparsed + text).split('\n\n');
    this.#unparsed = blocks.pop()!;
    for (const block of blocks) this.blocks.push(parseBlock(block));
  }

  /** Heartbeats must not prolong a wait. */
  #deadline(): number {
    return performance.now() + this.#patienceMs;
  }

  async #more(what: string, deadline: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = () => reject(new Error(`${what} did not come within ${this.#patienceMs} ms; ${this.#soFar()}`));
    const timer = setTimeout(late, Math.max(0, deadline - performance.now()));
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(timer));
    this.#wake = undefined;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #soFar(): string {
    return `status ${this.status}, so far: ${JSON.stringify(this.text.slice(-2_000))}`;
  }
}

function parseBlock(text: string): Block {
  if (text.includes('\r')) throw new Error(`a line of the stream holds CR: ${JSON.stringify(text.slice(0, 200))}`);
  const comments: string[] = [];
  const data: string[] = [];
  let retry: number | undefined;
  let id: string | undefined;
  let event = 'message';
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === '') comments.push(value);
    else if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'retry') retry = Number(value);
    else throw new Error(`a field that is none of the standard: ${JSON.stringify(line.slice(0, 200))}`);
  }
  return { comments, retry, event: data.length === 0 ? undefined : { event, id, data: data.join('\n') } };
}
