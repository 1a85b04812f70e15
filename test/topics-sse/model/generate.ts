import { Choices } from '../../api/fuzz/random.ts';
import type { ReaderShape, Step } from './step.ts';
import type { Profile, World } from './world.ts';

type Kind = Step['kind'];

/** How often each kind of step comes, per profile. */
const always: Partial<Record<Kind, number>> = { publish: 40, open: 6, cut: 8, retopic: 3, stall: 6, close: 1 };
const links: Partial<Record<Kind, number>> = { sever: 6, stallLinks: 4, blackHole: 1, killGateway: 2 };
const nodes: Partial<Record<Kind, number>> = { killNode: 3, move: 4 };
const weights: Record<Profile, Partial<Record<Kind, number>>> = {
  calm: always,
  gapless: { ...always, ...links },
  trimmed: { ...always, ...links },
  faults: { ...always, ...links, ...nodes },
  pressure: { ...always, ...links, killNode: 1 },
  replicated: { ...always, ...links, killNode: 3, handOver: 4, silence: 3 },
  recreated: { ...always, ...links, move: 1, deleteCache: 2 },
};

/** What happens in a world, in order of time. */
export function generate(world: World): Step[] {
  const random = new Choices(world.seed ^ 0x57e9);
  const kinds = Object.entries(weights[world.profile]) as [Kind, number][];
  const sum = kinds.reduce((total, [, weight]) => total + weight, 0);
  const count = 20 + random.below(random.of([20, 60, 120]));
  const times = Array.from({ length: count }, () => Math.round(random.next() * world.durationMs)).sort((a, b) => a - b);
  let readers = 0;
  return times.map((atMs, index) => {
    const kind = index < 3 ? 'open' : drawn(kinds, random.next() * sum);
    if (kind === 'open') readers++;
    return { atMs, ...stepOf(kind, world, random, readers) } as Step;
  });
}

function drawn(kinds: readonly (readonly [Kind, number])[], at: number): Kind {
  let end = 0;
  for (const [kind, weight] of kinds) {
    end += weight;
    if (at < end) return kind;
  }
  return 'publish';
}

type Bodiless<One> = One extends Step ? Omit<One, 'atMs'> : never;

function stepOf(kind: Kind, world: World, random: Choices, readers: number): Bodiless<Step> {
  const topic = (): number => random.below(world.topics);
  const reader = random.below(Math.max(1, readers));
  const at = { gateway: random.below(world.gateways), node: random.below(world.nodes) };
  const downMs = random.of([0, 5, 300, 4_000, 40_000]);
  switch (kind) {
    case 'publish':
      return {
        kind,
        topic: topic(),
        count: random.of([1, 1, 1, 2, 3, 12]),
        bytes: random.of([0, 5, 30, 300]),
        binary: random.chance(0.2),
      };
    case 'open':
      return { kind, reader: readerShape(world, random) };
    case 'cut':
      return {
        kind,
        reader,
        back: random.of([0, 0, 0, 1, 3, 8]),
        downMs,
        how: random.of(['resume', 'resume', 'resume', 'resume', 'fresh', 'garbage']),
      };
    case 'retopic':
      return { kind, reader, topics: someTopics(world, random) };
    case 'stall':
      return { kind, reader, ms: random.of([50, 1_000, 9_000, 30_000]) };
    case 'close':
      return { kind, reader };
    case 'sever':
    case 'blackHole':
      return { kind, ...at };
    case 'stallLinks':
      return { kind, ...at, ms: random.of([20, 1_000, 6_000, 20_000]) };
    case 'killGateway':
      return { kind, gateway: at.gateway, downMs, drain: random.chance(0.3) };
    case 'killNode':
      return { kind, node: at.node, downMs };
    case 'move':
      return { kind, topic: topic(), node: at.node };
    case 'handOver':
      return { kind, topic: topic() };
    case 'silence':
      return { kind, node: at.node, ms: random.of([100, 2_000, 15_000]) };
    case 'deleteCache':
      return { kind, downMs };
  }
}

function readerShape(world: World, random: Choices): ReaderShape {
  const kind = random.of(['stream', 'stream', 'poll', 'several', 'prefix'] as const);
  const fast = random.chance(0.5);
  return {
    kind,
    topics: kind === 'several' ? someTopics(world, random) : kind === 'prefix' ? [] : [random.below(world.topics)],
    prefix: random.of(['', 'a', 'a', 'b']),
    format: random.of(['plain', 'json']),
    checkpoints: random.chance(0.3),
    start: random.of(['latest', 'latest', 'earliest', '-1', '-3']),
    chunkBytesMax: fast ? 1_000_000 : random.of([20, 200, 2_000]),
    latencyMs: fast ? 0.1 : random.of([1, 30, 200]),
    waitMs: random.of([0, 50, 2_000, 25_000]),
  };
}

function someTopics(world: World, random: Choices): number[] {
  const topics = Array.from({ length: world.topics }, (_, topic) => topic).filter(() => random.chance(0.6));
  return topics.length === 0 ? [random.below(world.topics)] : topics;
}
