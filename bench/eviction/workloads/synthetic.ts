/** Seeded workloads that need no files. */
import { Random } from '../random.ts';
import { type Workload, WorkloadBuilder } from './workload.ts';

/** How large the generated workloads are. */
export interface SyntheticScale {
  /** Objects that are drawn from; fewer are met. */
  readonly objects: number;
  readonly requests: number;
}

type Draw = (random: Random, request: number) => number;

/** Requests a second: what makes times of request numbers. */
const requestsPerSecond = 2_000;
/** Objects that are met once are numbered from here, apart from the others. */
const oneHitBase = 2 ** 32;
const sizeBytesMin = 80;
const sizeBytesMax = 400;
const smallSizeBytesMin = 40;
const smallSizeBytesMax = 120;
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A share of the objects, and their time to live. */
type TtlMix = readonly { readonly share: number; readonly ttlMs: number }[];

interface Recipe {
  readonly name: string;
  readonly about: string;
  readonly draw: (scale: SyntheticScale, random: Random) => Draw;
  readonly sizes?: readonly [number, number];
  readonly ttl?: TtlMix;
}

const mixedTtl: TtlMix = [
  { share: 0.6, ttlMs: minute },
  { share: 0.2, ttlMs: 10 * minute },
  { share: 0.2, ttlMs: day },
];
const shortTtl: TtlMix = [
  { share: 0.6, ttlMs: 20 * second },
  { share: 0.2, ttlMs: 20 * minute },
  { share: 0.2, ttlMs: 12 * hour },
];

const recipes: readonly Recipe[] = [
  { name: 'zipf-1.0', about: 'independent draws, Zipf 1.0', draw: ({ objects }) => zipf(objects, 1) },
  { name: 'zipf-0.8', about: 'independent draws, Zipf 0.8', draw: ({ objects }) => zipf(objects, 0.8) },
  {
    name: 'one-hit',
    about: 'Zipf 1.0, and 3 of 10 requests for an object that is met once',
    draw: ({ objects }) => withOneHits(zipf(objects, 1), 0.3),
  },
  {
    name: 'scan',
    about: 'half reuse of what was read lately, 3 of 10 Zipf 0.9, the rest long scans',
    draw: ({ objects, requests }) => scanMix(objects, requests),
  },
  {
    name: 'shifting',
    about: 'Zipf 1.0 over ranks that move on: new objects begin at the top and fall',
    draw: ({ objects, requests }) => shifting(objects, requests),
  },
  {
    name: 'ttl-mixed',
    about: 'Zipf 1.0; TTL 1 min, 10 min and 1 day for 6, 2 and 2 of 10 objects',
    draw: ({ objects }) => zipf(objects, 1),
    ttl: mixedTtl,
  },
  {
    name: 'ttl-one-hit',
    about: 'as ttl-mixed, and 3 of 10 requests for an object that is met once',
    draw: ({ objects }) => withOneHits(zipf(objects, 1), 0.3),
    ttl: mixedTtl,
  },
  {
    name: 'ttl-short',
    about: 'Zipf 1.1 over small objects; TTL 20 s, 20 min and 12 h for 6, 2 and 2 of 10 objects',
    draw: ({ objects }) => zipf(objects, 1.1),
    sizes: [smallSizeBytesMin, smallSizeBytesMax],
    ttl: shortTtl,
  },
];

export const syntheticNames: readonly string[] = recipes.map(({ name }) => name);

/** One of `syntheticNames`; throws a RangeError for another. */
export function synthetic(name: string, scale: SyntheticScale, seed: number): Workload {
  const recipe = recipes.find((candidate) => candidate.name === name);
  if (recipe === undefined) throw new RangeError(`no workload ${name}; there are ${syntheticNames.join(', ')}`);
  const random = new Random(seed * 31 + recipes.indexOf(recipe));
  const draw = recipe.draw(scale, random);
  const [least, most] = recipe.sizes ?? [sizeBytesMin, sizeBytesMax];
  const builder = new WorkloadBuilder();
  for (let i = 0; i < scale.requests; i++) {
    const object = draw(random, i);
    const mixed = new Random(object % 2 ** 31);
    const bytes = least + mixed.below(most - least + 1);
    const ttlMs = recipe.ttl && ttlOf(recipe.ttl, mixed.unit());
    builder.add(object, bytes, (i * second) / requestsPerSecond, ttlMs);
  }
  return builder.build(recipe.name, recipe.about);
}

function ttlOf(mix: TtlMix, unit: number): number {
  let rest = unit;
  for (const { share, ttlMs } of mix) {
    if (rest < share) return ttlMs;
    rest -= share;
  }
  return mix.at(-1)!.ttlMs;
}

/** Ranks by Zipf's law, found in the table of cumulated weights. */
function zipf(objects: number, alpha: number): Draw {
  const cumulated = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank++) {
    sum += (rank + 1) ** -alpha;
    cumulated[rank] = sum;
  }
  return (random) => {
    const wanted = random.unit() * sum;
    let low = 0;
    let high = objects - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulated[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function withOneHits(draw: Draw, share: number): Draw {
  return (random, request) => (random.unit() < share ? oneHitBase + request : draw(random, request));
}

/** Reuse is at a distance drawn evenly by its logarithm, up to a tenth of the requests. */
function scanMix(objects: number, requests: number): Draw {
  const popular = zipf(objects, 0.9);
  const history = new Float64Array(requests);
  const scanLength = Math.ceil(objects / 50);
  const distanceMax = Math.max(2, requests / 10);
  let scanLeft = 0;
  let scanAt = oneHitBase;
  const next: Draw = (random, request) => {
    if (scanLeft > 0 && random.unit() < 0.8) {
      scanLeft--;
      return scanAt++;
    }
    // Begun so often that a fifth of the requests are of scans.
    if (scanLeft === 0 && random.unit() < 0.25 / scanLength) scanLeft = scanLength;
    if (request > 0 && random.unit() < 0.625) {
      const distance = Math.ceil(distanceMax ** random.unit());
      return history[Math.max(0, request - distance)]!;
    }
    return popular(random, request);
  };
  return (random, request) => {
    const object = next(random, request);
    history[request] = object;
    return object;
  };
}

/** New objects begin at the top and fall rank by rank: in the course of the workload a fifth of all are new. */
function shifting(objects: number, requests: number): Draw {
  const rank = zipf(objects, 1);
  return (random, request) => {
    const shift = Math.floor(((request / requests) * objects) / 5);
    return (objects + shift - rank(random, request)) % objects;
  };
}
