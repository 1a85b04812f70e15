import { type TraceFormat, wholeNumber } from './trace-format.ts';

/** The form of AdaptSize and webcachesim: reads of objects that have a number and a size, and no TTL. */
export const idSize: TraceFormat = {
  name: 'id-size',
  columns: 'time id size, separated by spaces',
  dropsUnterminatedLine: true,
  begin(firstLine) {
    if (!/^\d+ \d+ \d+$/.test(firstLine)) return undefined;
    return {
      parse(line) {
        const columns = line.split(' ');
        const [atSeconds, id, size] = columns.map(wholeNumber);
        if (columns.length !== 3 || atSeconds === undefined || id === undefined || size === undefined) return undefined;
        return { operation: 'get', key: columns[1]!, size, ttlMs: undefined, atSeconds, count: 1 };
      },
    };
  },
};
