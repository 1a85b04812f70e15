import type { CacheOperation, Outcome } from './cache-operation.ts';
import { LineConnection, type LineProtocol } from './line-connection.ts';
import { beginsWithMark, type Values } from './values.ts';

/** How one protocol of lines writes operations and reads answers. */
export interface Dialect {
  /** What comes before the value of a set, and all of another operation. */
  head(operation: CacheOperation): string;
  /** What comes after the value. */
  readonly tail: string;
  /**
   * What a line says: the size of the value that follows it, an outcome that ends an answer, or null for the end of
   * an answer, which is a miss unless a value came before.
   */
  meaning(line: string, operation: CacheOperation): number | Outcome | null;
}

/** A client that pipelines a batch of operations and reads its answers in their order. */
export class LineClient implements LineProtocol {
  readonly #dialect: Dialect;
  readonly #values: Values;
  #connection!: LineConnection;
  #operations: readonly CacheOperation[] = [];
  #outcomes: Outcome[] = [];
  /** Of the answer that is being read: a miss until its value has come. */
  #valueOutcome: Outcome = 'miss';
  #answered: (outcomes: Outcome[]) => void = () => {};
  /** Whether an answer ends with its value, or with a line after it. */
  readonly #endsWithValue: boolean;

  private constructor(dialect: Dialect, values: Values, endsWithValue: boolean) {
    this.#dialect = dialect;
    this.#values = values;
    this.#endsWithValue = endsWithValue;
  }

  /** Connects; `stack` disconnects. */
  static async open(
    stack: AsyncDisposableStack,
    port: number,
    dialect: Dialect & { readonly endsWithValue: boolean },
    values: Values,
  ): Promise<LineClient> {
    const client = new LineClient(dialect, values, dialect.endsWithValue);
    client.#connection = await LineConnection.open(stack, port, client);
    return client;
  }

  execute(operations: readonly CacheOperation[]): Promise<Outcome[]> {
    if (operations.length === 0) return Promise.resolve([]);
    this.#operations = operations;
    this.#outcomes = [];
    return this.#connection.exchange(this.#encode(operations), (answered) => {
      this.#answered = answered;
    });
  }

  line(text: string): number {
    const meaning = this.#dialect.meaning(text, this.#operations[this.#outcomes.length]!);
    if (typeof meaning === 'number') return meaning;
    this.#outcome(meaning ?? this.#valueOutcome);
    return -1;
  }

  value(size: number, head: Uint8Array): void {
    const { mark } = this.#operations[this.#outcomes.length]!;
    this.#valueOutcome = beginsWithMark(head, 0, size, mark) ? 'hit' : 'wrong';
    if (this.#endsWithValue) this.#outcome(this.#valueOutcome);
  }

  #outcome(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#valueOutcome = 'miss';
    if (this.#outcomes.length === this.#operations.length) this.#answered(this.#outcomes);
  }

  #encode(operations: readonly CacheOperation[]): Buffer {
    const { tail } = this.#dialect;
    const heads = operations.map((operation) => this.#dialect.head(operation));
    const size = operations.reduce(
      (sum, operation, i) => sum + heads[i]!.length + (operation.kind === 'set' ? operation.size + tail.length : 0),
      0,
    );
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    operations.forEach((operation, i) => {
      at += bytes.write(heads[i]!, at, 'latin1');
      if (operation.kind !== 'set') return;
      this.#values.write(bytes, at, operation.size, operation.mark);
      at += operation.size;
      at += bytes.write(tail, at, 'latin1');
    });
    return bytes;
  }
}
