import { type TraceFormat, type TraceOperation, ttlOfSeconds, wholeNumber } from './trace-format.ts';

const operations = new Map<string, TraceOperation>([
  ['GET', 'get'],
  ['GET_LEASE', 'get'],
  ['SET', 'set'],
  ['SET_LEASE', 'set'],
  ['DELETE', 'delete'],
  // the CDN's traces have reads only, as a number
  ['1', 'get'],
]);

/** The size of objects that the CDN did not know the size of. */
const unknownSize = '-1';

/** The names of a column in the key-value and in the CDN traces. */
const columnNames = {
  time: ['op_time', 'timestamp'],
  key: ['key', 'cacheKey'],
  operation: ['op', 'OpType'],
  size: ['size', 'objectSize'],
  ttl: ['ttl', 'TTL'],
  count: ['op_count'],
} as const;

/**
 * CacheLib's traces: CSV with a header, whose columns come in any order. A row stands for `op_count` equal
 * requests. The CDN's requests for a part of an object are requests for the object.
 */
export const cachelibCsv: TraceFormat = {
  name: 'cachelib-csv',
  columns:
    'a header that names op_time, key, op, size, ttl, op_count (or timestamp, cacheKey, OpType, objectSize, TTL)',
  dropsUnterminatedLine: false,
  begin(firstLine) {
    const header = firstLine.split(',');
    const at = (names: readonly string[]) => header.findIndex((name) => names.includes(name));
    const time = at(columnNames.time);
    const key = at(columnNames.key);
    const operation = at(columnNames.operation);
    const size = at(columnNames.size);
    const ttl = at(columnNames.ttl);
    const count = at(columnNames.count);
    if (time < 0 || key < 0 || operation < 0 || size < 0 || ttl < 0) return undefined;
    return {
      parse(line) {
        if (line === firstLine) return null;
        const columns = line.split(',');
        const operationKind = operations.get(columns[operation] ?? '');
        const name = columns[key];
        const bytes = wholeNumber(columns[size]);
        const ttlOfRow = ttlOfSeconds(columns[ttl]);
        const atSeconds = wholeNumber(columns[time]);
        const times = count < 0 ? 1 : wholeNumber(columns[count]);
        if (columns.length !== header.length || !operationKind || !name || !ttlOfRow) return undefined;
        if (atSeconds === undefined || !times || (bytes === undefined && columns[size] !== unknownSize))
          return undefined;
        return { operation: operationKind, key: name, size: bytes, ttlMs: ttlOfRow.ms, atSeconds, count: times };
      },
    };
  },
};
