/**
 * A watch on a prefix: a stream of changes says when to list the entries anew, and lists decide what is shown. So a
 * stream that went silent, was compacted away, or broke costs time and no change: entries are also listed every
 * `relistMs`, and a list that shows what the stream did not tell in `silenceMs` has the stream opened anew, on
 * another server.
 */
import { backoffMs, type Sleep } from '../../../shared/control-link/backoff.ts';
import type { StoreEntry, StoreWatch } from '../coordination-store.ts';
import { etcdLimits } from './limits.ts';
import { watchMessageSchema } from './messages.ts';

/** What a watch needs of its store. */
export interface WatchSource {
  /** The entries of the prefix, and the store's revision that they are of. */
  list(): Promise<{ readonly entries: readonly StoreEntry[]; readonly revision: number }>;
  /** A stream of the prefix's changes from `revision` on; `failed` turns to another server. */
  stream(
    revision: number,
    signal: AbortSignal,
  ): Promise<{ readonly body: AsyncIterable<Uint8Array>; readonly failed: () => void }>;
  readonly closing: AbortSignal;
  readonly random: () => number;
  readonly sleep: Sleep;
}

/** One stream while it is open. */
interface Stream {
  readonly abort: AbortController;
  readonly failed: () => void;
  isOver: boolean;
}

export class EtcdWatch implements StoreWatch {
  readonly #source: WatchSource;
  readonly #listener: (entries: readonly StoreEntry[]) => void;
  readonly #closed = new AbortController();
  #shown: readonly StoreEntry[] | undefined;
  #shownRevision = 0;
  #stream: Stream | undefined;
  #wake = new AbortController();

  constructor(source: WatchSource, listener: (entries: readonly StoreEntry[]) => void) {
    this.#source = source;
    this.#listener = listener;
    source.closing.addEventListener('abort', () => this.close(), { once: true, signal: this.#closed.signal });
    if (!source.closing.aborted) void this.#run();
  }

  close(): void {
    this.#closed.abort();
    this.#wake.abort();
    this.#stream?.abort.abort();
  }

  async #run(): Promise<void> {
    const { sleep, random } = this.#source;
    let told = false;
    for (let failures = 0; !this.#closed.signal.aborted; ) {
      try {
        const { changed, revision } = await this.#list();
        // A change that an open stream should have told of; it gets a moment more.
        let isUntold = changed && !told;
        if (!this.#stream || this.#stream.isOver) {
          this.#stream = await this.#open(revision + 1);
          isUntold = false;
        }
        failures = 0;
        told = await this.#untilTold(isUntold ? etcdLimits.silenceMs : etcdLimits.relistMs);
        if (isUntold && !told) this.#endStream(this.#stream);
      } catch {
        failures++;
        await sleep(backoffMs(failures, etcdLimits.backoffMsMin, etcdLimits.backoffMsMax, random), this.#closed.signal);
      }
    }
  }

  /** Lists, and shows what is other than before. A server that lags behind another one shows nothing. */
  async #list(): Promise<{ changed: boolean; revision: number }> {
    const { entries, revision } = await this.#source.list();
    if (this.#closed.signal.aborted || revision < this.#shownRevision) return { changed: false, revision };
    this.#shownRevision = revision;
    if (this.#shown && isSame(this.#shown, entries)) return { changed: false, revision };
    const isFirst = this.#shown === undefined;
    this.#shown = entries;
    this.#listener(entries);
    return { changed: !isFirst, revision };
  }

  async #open(revision: number): Promise<Stream> {
    const abort = new AbortController();
    const { body, failed } = await this.#source.stream(revision, AbortSignal.any([abort.signal, this.#closed.signal]));
    const stream: Stream = { abort, failed, isOver: false };
    void this.#read(stream, body);
    return stream;
  }

  async #read(stream: Stream, body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const line of linesOf(body)) {
        const { result } = watchMessageSchema.parse(JSON.parse(line));
        if (!result || result.canceled) break;
        if (result.events.length > 0) this.#wake.abort();
      }
    } catch {
      // Whatever broke it: the entries are listed anew, and another stream is opened.
    }
    if (!stream.isOver) this.#endStream(stream);
    this.#wake.abort();
  }

  #endStream(stream: Stream): void {
    stream.isOver = true;
    if (!this.#closed.signal.aborted) stream.failed();
    stream.abort.abort();
  }

  /** Waits for news of the stream, at most `waitMs`; whether there was some. */
  async #untilTold(waitMs: number): Promise<boolean> {
    const { sleep } = this.#source;
    if (!this.#wake.signal.aborted) await sleep(waitMs, this.#wake.signal);
    if (!this.#wake.signal.aborted) return false;
    this.#wake = new AbortController();
    if (!this.#closed.signal.aborted) await sleep(etcdLimits.gatherMs, this.#closed.signal);
    return true;
  }
}

function isSame(some: readonly StoreEntry[], others: readonly StoreEntry[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ key, modRevision }, i) => key === others[i]!.key && modRevision === others[i]!.modRevision);
}

/** The lines of a stream of JSON texts. Throws when one is longer than `watchMessageBytesMax`. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      parts = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
    bytes += rest.length;
    if (bytes > etcdLimits.watchMessageBytesMax) throw new RangeError('a message of a watch is too large');
    if (rest.length > 0) parts.push(rest);
  }
}
