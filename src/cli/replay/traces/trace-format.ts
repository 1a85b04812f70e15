/** What one request of a trace does. */
export type TraceOperation = 'get' | 'set' | 'delete';

/** One request of a trace. */
export interface TraceRequest {
  readonly operation: TraceOperation;
  readonly key: string;
  /** Size of the object's value, in bytes; undefined where the trace does not know it. */
  readonly size: number | undefined;
  /** Time to live that the trace gives, in ms; undefined when it gives none. */
  readonly ttlMs: number | undefined;
  /** Time of the request, in seconds since any start. */
  readonly atSeconds: number;
  /** How many equal requests the row stands for. */
  readonly count: number;
}

/** Reads the lines of one trace, in their order. */
export interface LineParser {
  /** The request of a line; null for one that holds none; undefined when it is malformed. */
  parse(line: string): TraceRequest | null | undefined;
}

/** One format of traces. */
export interface TraceFormat {
  readonly name: string;
  /** What a line looks like, for help and errors. */
  readonly columns: string;
  /** Whether a last line without a line end is to be dropped: numbers that were cut look like numbers. */
  readonly dropsUnterminatedLine: boolean;
  /** A parser when the first line of a file is of this format, else undefined. The line is then parsed as well. */
  begin(firstLine: string): LineParser | undefined;
}

/** A column that is a whole number, not negative; undefined when it is none. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** TTL columns are seconds; 0 and less say that there is none. Undefined for what is no number. */
export function ttlOfSeconds(text: string | undefined): { readonly ms: number | undefined } | undefined {
  if (text === undefined || !/^-?\d{1,12}$/.test(text)) return undefined;
  const seconds = Number(text);
  return { ms: seconds > 0 ? seconds * 1_000 : undefined };
}
