import { type TraceFormat, type TraceOperation, ttlOfSeconds, wholeNumber } from './trace-format.ts';

/** Every write of memcached is a set here: the trace has sizes, not values to add to. */
const operations = new Map<string, TraceOperation>([
  ['get', 'get'],
  ['gets', 'get'],
  ['set', 'set'],
  ['add', 'set'],
  ['replace', 'set'],
  ['cas', 'set'],
  ['append', 'set'],
  ['prepend', 'set'],
  ['incr', 'set'],
  ['decr', 'set'],
  ['delete', 'delete'],
]);

/** Twitter's cache traces (Yang, Yue, Rashmi, OSDI'20): seven columns without a header. */
export const twitterCsv: TraceFormat = {
  name: 'twitter-csv',
  columns: 'timestamp,key,key size,value size,client id,operation,TTL',
  dropsUnterminatedLine: false,
  begin(firstLine) {
    const parser = { parse: parseLine };
    return parseLine(firstLine) ? parser : undefined;
  },
};

function parseLine(line: string) {
  const columns = line.split(',');
  if (columns.length < 7) return undefined;
  // a key may hold commas, the other columns cannot
  const [size, , operationName, ttlSeconds] = columns.slice(-4);
  const atSeconds = wholeNumber(columns[0]);
  const key = columns.slice(1, -5).join(',');
  const operation = operations.get(operationName!);
  const ttl = ttlOfSeconds(ttlSeconds);
  const bytes = wholeNumber(size);
  if (atSeconds === undefined || key === '' || operation === undefined || bytes === undefined || !ttl) return undefined;
  return { operation, key, size: bytes, ttlMs: ttl.ms, atSeconds, count: 1 };
}
