/**
 * The storage engine against `Map<string, Buffer>`, in one run: 20-byte keys, values of 100 bytes.
 *
 *     node bench/engine.ts [--items N] [--seconds S] [--seed N]
 *
 * Each figure is the median of interleaved rounds. `get` is Zipf 1.0 over all items, the value copied out;
 * `set` writes new keys for ever, so that each pushes an older item out.
 */
import { parseArgs } from 'node:util';
import { createSegcache } from '../src/storage-node/engine/segcache.ts';

const { values: args } = parseArgs({
  options: {
    items: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const items = Number(args.items);
const roundMs = (Number(args.seconds) * 1_000) / 4;
const keyLength = 20;
const valueLength = 100;
const ttlMs = 3_600_000;
const rounds = 5;

let state = Number(args.seed) | 0 || 1;
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

const mib = 1024 * 1024;
const value = new Uint8Array(valueLength).fill(97);
const key = Buffer.alloc(keyLength, 'k');
const out = new Uint8Array(64 * 1024);

/** Decimal digits at the end of a fixed prefix: what a client's keys look like. */
function writeKey(number: number): void {
  let rest = number;
  for (let i = keyLength - 1; i >= 6; i--) {
    key[i] = 48 + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

/** Ranks drawn from Zipf 1.0 by inverting the harmonic sum, spread over the key space. */
const zipf = new Uint32Array(1 << 20);
for (let i = 0; i < zipf.length; i++) {
  const rank = Math.min(items - 1, Math.floor(Math.exp(random() * Math.log(items))) - 1);
  zipf[i] = (Math.imul(rank, 0x9e3779b1) >>> 0) % items;
}

interface Subject {
  name: string;
  get(index: number): boolean;
  set(index: number): void;
}

// Sized so that all items just fit: the set rounds then run against memory that is full.
const memoryBytes = Math.max(16 * mib, Math.ceil((items * (144 + 12)) / mib) * mib);
const rssBefore = process.memoryUsage().rss;
const engine = createSegcache({ memoryBytes });
const segcache: Subject = {
  name: 'segcache',
  get(index) {
    writeKey(index);
    if (!engine.find(1, key, 0, keyLength, 1, true)) return false;
    engine.copyFound(0, engine.found.valueLength, out, 0);
    return true;
  },
  set(index) {
    writeKey(index);
    engine.put(1, key, 0, keyLength, value, 0, valueLength, 0, index, ttlMs, 1);
  },
};
for (let i = 0; i < items; i++) segcache.set(i);
const rssSegcache = process.memoryUsage().rss - rssBefore;
const filled = engine.statistics();

const rssBetween = process.memoryUsage().rss;
const map = new Map<string, Buffer>();
/** Keys in order of arrival: finding the oldest through `map.keys()` is far slower still. */
const names: string[] = [];
let oldest = 0;
const mapSubject: Subject = {
  name: 'Map<string, Buffer>',
  get(index) {
    writeKey(index);
    const hit = map.get(key.toString('latin1'));
    if (hit === undefined) return false;
    hit.copy(out, 0);
    return true;
  },
  set(index) {
    writeKey(index);
    const name = key.toString('latin1');
    if (map.size >= items) map.delete(names[oldest]!);
    names[oldest] = name;
    oldest = (oldest + 1) % items;
    map.set(name, Buffer.from(value));
  },
};
for (let i = 0; i < items; i++) mapSubject.set(i);
const rssMap = process.memoryUsage().rss - rssBetween;

/** Millions of calls a second. */
function rate(call: (i: number) => void): number {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < roundMs) {
    for (let i = 0; i < 10_000; i++) call(done + i);
    done += 10_000;
  }
  return done / (performance.now() - start) / 1_000;
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1]!;

const subjects = [segcache, mapSubject];
const gets: number[][] = [[], []];
const sets: number[][] = [[], []];
const hits = [0, 0];
const asked = [0, 0];
for (let round = 0; round <= rounds; round++) {
  subjects.forEach((subject, s) => {
    const figure = rate((i) => {
      asked[s]!++;
      if (subject.get(zipf[i & (zipf.length - 1)]!)) hits[s]!++;
    });
    if (round > 0) gets[s]!.push(figure);
  });
}
let next = items;
for (let round = 0; round <= rounds; round++) {
  subjects.forEach((subject, s) => {
    const figure = rate((i) => subject.set(next + i));
    next += 1e7;
    if (round > 0) sets[s]!.push(figure);
  });
}

const full = engine.statistics();
const overhead = (full.memoryBytes - full.freeBytes) / full.items - keyLength - valueLength;
console.log(
  `node ${process.version}, ${items} items of ${keyLength} + ${valueLength} bytes, memory ${memoryBytes / mib} MiB`,
);
console.log(`items kept after filling: segcache ${filled.items}, table load ${filled.tableLoad.toFixed(2)}`);
console.log(
  `resident bytes per item: segcache ${(rssSegcache / filled.items).toFixed(0)}, map ${(rssMap / items).toFixed(0)}`,
);
console.log(`overhead per item when full (all memory but key and value): ${overhead.toFixed(1)} bytes`);
console.log(
  `  table ${(full.tableBytes / full.items).toFixed(1)}, ghost ${(full.ghostBytes / full.items).toFixed(1)}, ` +
    `record and segments ${((full.liveBytes + full.deadBytes) / full.items - keyLength - valueLength).toFixed(1)}`,
);
subjects.forEach((subject, s) => {
  const get = median(gets[s]!).toFixed(2);
  const set = median(sets[s]!).toFixed(2);
  console.log(`${subject.name}: get ${get} M/s (hits ${((hits[s]! / asked[s]!) * 100).toFixed(1)} %), set ${set} M/s`);
});
console.log(
  `ratio segcache / map: get ${(median(gets[0]!) / median(gets[1]!)).toFixed(2)}, set ${(median(sets[0]!) / median(sets[1]!)).toFixed(2)}`,
);
engine.checkIntegrity();
