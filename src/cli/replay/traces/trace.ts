import { StringDecoder } from 'node:string_decoder';
import { configurationError, failure } from '../../cli-error.ts';
import { replayLimits } from '../limits.ts';
import { cachelibCsv } from './cachelib-csv.ts';
import { idSize } from './id-size.ts';
import { packed } from './packed.ts';
import { TraceBytes } from './trace-bytes.ts';
import type { LineParser, TraceFormat, TraceRequest } from './trace-format.ts';
import { twitterCsv } from './twitter-csv.ts';

/** Every format that is read; the first line of a file tells which one it is. */
export const traceFormats: readonly TraceFormat[] = [cachelibCsv, twitterCsv, packed, idSize];

/** A recorded trace: a file whose requests are read in their order, as they are needed. */
export class Trace {
  readonly #path: string;
  readonly #bytes: TraceBytes;
  #format: TraceFormat | undefined;
  #parser: LineParser | undefined;
  #lines = 0;
  /** Lines that were dropped because the file ends in the middle of them. */
  droppedLines = 0;

  private constructor(path: string, bytes: TraceBytes) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** @throws CliError (exit code 2) when there is no such file to read */
  static async open(path: string): Promise<Trace> {
    return new Trace(path, await TraceBytes.open(path));
  }

  /** Name of the format; known once the first requests were read. */
  get formatName(): string {
    return this.#format?.name ?? 'unknown';
  }

  /** The share of the file that was read, 0 to 1. */
  get progress(): number {
    return this.#bytes.sizeBytes === 0 ? 1 : this.#bytes.readBytes / this.#bytes.sizeBytes;
  }

  /**
   * The requests, a chunk of the file at a time.
   * @throws CliError when the format is none that is known (exit code 2), or a line is malformed (exit code 1)
   */
  async *requests(): AsyncGenerator<TraceRequest[]> {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const chunk of this.#bytes.chunks()) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop()!;
      if (rest.length > replayLimits.lineLengthMax) throw this.#malformed();
      yield this.#parse(lines);
    }
    if (rest === '') return;
    const [last] = this.#parse([rest], true);
    if (last !== undefined) yield [last];
  }

  #parse(lines: readonly string[], unterminated = false): TraceRequest[] {
    const requests: TraceRequest[] = [];
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      this.#lines++;
      if (line === '') continue;
      this.#parser ??= this.#begin(line);
      if (unterminated && this.#format!.dropsUnterminatedLine) {
        this.droppedLines++;
        continue;
      }
      const request = this.#parser.parse(line);
      if (request === undefined || (request !== null && request.count > replayLimits.requestsPerRowMax))
        throw this.#malformed();
      if (request !== null) requests.push(request);
    }
    return requests;
  }

  #begin(firstLine: string): LineParser {
    for (const format of traceFormats) {
      const parser = format.begin(firstLine);
      if (parser === undefined) continue;
      this.#format = format;
      return parser;
    }
    const known = traceFormats.map((format) => `${format.name} (${format.columns})`).join('; ');
    throw configurationError(`${this.#path} is no trace of a known format; known are ${known}`);
  }

  #malformed(): Error {
    if (this.#format === undefined)
      return configurationError(`${this.#path} is no trace of a known format: its first line has no end`);
    return failure(`line ${this.#lines} of ${this.#path} is not as ${this.#format.name} says: ${this.#format.columns}`);
  }
}
