import { type TraceFormat, type TraceOperation, wholeNumber } from './trace-format.ts';

/** Operations by their number in the upper byte of the fourth column. */
const operations: readonly (TraceOperation | undefined)[] = [undefined, 'get', 'get', 'set', 'set', 'set'];
const sizeBits = 22;
const ttlBits = 24;

/**
 * The packed form of Twitter's traces (`twitter_n_negcache…`): time, object, key and value size in one number,
 * operation and TTL in another. Objects are numbers, padded with zeros here to the key's real size.
 */
export const packed: TraceFormat = {
  name: 'packed',
  columns: 'time object keySize<<22|valueSize operation<<24|ttl, separated by spaces',
  dropsUnterminatedLine: true,
  begin(firstLine) {
    if (!/^\d+ \d+ \d+ \d+$/.test(firstLine)) return undefined;
    return {
      parse(line) {
        const columns = line.split(' ');
        const [atSeconds, object, sizes, use] = columns.map(wholeNumber);
        if (
          columns.length !== 4 ||
          atSeconds === undefined ||
          object === undefined ||
          sizes === undefined ||
          use === undefined
        )
          return undefined;
        const operation = operations[Math.floor(use / 2 ** ttlBits)];
        if (operation === undefined) return undefined;
        const ttlSeconds = use % 2 ** ttlBits;
        return {
          operation,
          key: String(object).padStart(Math.floor(sizes / 2 ** sizeBits), '0'),
          size: sizes % 2 ** sizeBits,
          ttlMs: ttlSeconds === 0 ? undefined : ttlSeconds * 1_000,
          atSeconds,
          count: 1,
        };
      },
    };
  },
};
