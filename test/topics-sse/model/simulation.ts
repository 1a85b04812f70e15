import { utf8 } from '../../support/fleet-state.ts';
import { lowerLimits } from './limits.ts';
import { fail } from './published.ts';
import { SimFleet } from './sim-fleet.ts';
import { SimPoll } from './sim-poll.ts';
import { SimStream } from './sim-stream.ts';
import type { Step } from './step.ts';
import { topicNames, type World } from './world.ts';

/** After repair: dead links are found to be, and readers come back, by then. */
const settleMsMax = 60_000;
/** After the last reader has left and its topics' time to linger is over. */
const partMsMax = 25_000;
/** After the gateways have closed: nodes find dead links by then. */
const closeMsMax = 25_000;
/** How often is looked whether a state has been reached, in ms. */
const lookMs = 500;

export interface Tally {
  published: number;
  delivered: number;
  gaps: number;
  events: number;
}

/** Runs a schedule, holds what readers are told against the model, and raises `ModelFailure`. */
export function simulate(world: World, steps: readonly Step[]): Tally {
  const restoreLimits = lowerLimits(world.limits);
  try {
    const simulation = new Simulation(world);
    const restoreGlobals = simulation.fleet.time.install();
    try {
      return simulation.run(steps);
    } finally {
      restoreGlobals();
    }
  } finally {
    restoreLimits();
  }
}

class Simulation {
  readonly fleet: SimFleet;
  readonly #readers: (SimStream | SimPoll)[] = [];
  #nextMessage = 1;

  constructor(world: World) {
    this.fleet = new SimFleet(world);
  }

  run(steps: readonly Step[]): Tally {
    const { fleet } = this;
    const { time } = fleet;
    for (const step of steps) {
      time.runUntil(step.atMs);
      this.#do(step);
      time.settle();
    }
    this.#checkBytes();
    time.runUntil(fleet.world.durationMs + 100);
    fleet.heal();
    for (const reader of this.#readers) reader.heal();
    for (let probe = 0; probe < 2; probe++) {
      // Before the first, readers may not be there yet, and have been told of nothing when they are.
      const reached = fleet.topics.filter((topic) => this.#publish(topic, 1, 10, false));
      this.#await(settleMsMax, () => this.#missingArrival(probe === 0 ? [] : reached));
    }
    this.#checkBytes();
    this.#checkParting();
    return this.#tally();
  }

  #do(step: Step): void {
    const { fleet } = this;
    const { nowMs } = fleet;
    const reader = 'reader' in step && typeof step.reader === 'number' ? this.#readers[step.reader] : undefined;
    switch (step.kind) {
      case 'publish':
        this.#publish(topicNames[step.topic]!, step.count, step.bytes, step.binary);
        return;
      case 'open': {
        const Reader = step.reader.kind === 'poll' ? SimPoll : SimStream;
        this.#readers.push(new Reader(fleet, this.#readers.length, step.reader));
        return;
      }
      case 'cut':
        return reader?.cut(step.back, step.downMs, step.how);
      case 'retopic':
        if (reader instanceof SimStream) reader.retopic(step.topics.map((topic) => topicNames[topic]!));
        return;
      case 'stall':
        return reader?.stall(nowMs + step.ms);
      case 'close':
        return reader?.close();
      case 'sever':
        for (const link of this.#links(step)) link.sever();
        return;
      case 'stallLinks':
        for (const link of this.#links(step)) link.stall(nowMs + step.ms);
        return;
      case 'blackHole':
        for (const link of this.#links(step)) link.blackHole();
        return;
      case 'killGateway':
        return fleet.killGateway(step.gateway, step.downMs, step.drain);
      case 'killNode':
        return fleet.killNode(step.node, step.downMs);
      case 'move':
        return fleet.move(topicNames[step.topic]!, step.node);
      case 'handOver':
        return fleet.handOver(topicNames[step.topic]!);
      case 'silence':
        return fleet.silence(step.node, step.ms);
      case 'deleteCache':
        return fleet.deleteCache(step.downMs);
    }
  }

  #links({ gateway, node }: { gateway: number; node: number }) {
    return this.fleet.gateways[gateway]?.transport.links(this.fleet.urlOf(node)) ?? [];
  }

  #publish(topic: string, count: number, bytes: number, binary: boolean): boolean {
    const before = this.fleet.published.count;
    for (let left = count; left > 0; left--) {
      const number = this.#nextMessage++;
      const filler = ['x', '\n', '\r', 'é ', ': '][number % 5]!.repeat(bytes / 2);
      const text = `${number}${filler}`;
      this.fleet.publish(topic, binary ? utf8(text).map((byte) => byte ^ 0x80) : text);
    }
    return this.fleet.published.count > before;
  }

  /** Runs until `missing` tells of nothing; fails with what it tells when that takes too long. */
  #await(msMax: number, missing: () => string | null): void {
    const { time } = this.fleet;
    const endMs = time.nowMs + msMax;
    for (;;) {
      time.runUntil(time.nowMs + lookMs);
      const text = missing();
      if (text === null) return;
      if (time.nowMs >= endMs) fail(text);
    }
  }

  /** Whoever is there comes to the end of all that it follows; of the topics `told` it has been told something. */
  #missingArrival(told: readonly string[]): string | null {
    for (const reader of this.#readers) if (reader.wanted && !reader.isThere) return `${reader.name} never came back`;
    for (const topic of this.fleet.topics) {
      const log = this.fleet.logOf(topic);
      const head = this.fleet.published.head(topic);
      // Nobody is there just now, and it was forgotten; or its new node has not heard of it.
      if (log === undefined || head === null) continue;
      for (const reader of this.#readers) {
        if (!reader.wanted || !reader.topics.includes(topic)) continue;
        const place = reader.tracks.get(topic)?.place ?? null;
        if (place === null && !told.includes(topic)) continue;
        if (place?.page !== log.page || place.sequence !== log.lastSequence)
          return `${reader.name} never came to ${log.page}-${log.lastSequence} of ${topic}, but to ${JSON.stringify(place)}`;
      }
    }
    return null;
  }

  #checkBytes(): void {
    for (const node of this.fleet.nodes) node?.check(this.fleet.spaces);
  }

  /** When all readers are gone nothing is left of them. */
  #checkParting(): void {
    const { fleet } = this;
    for (const reader of this.#readers) reader.close();
    this.#await(fleet.world.limits.lingerMs + partMsMax, () => this.#leftOfReaders());
    for (const gateway of fleet.gateways) gateway!.hub.close();
    this.#await(closeMsMax, () => this.#leftOfLinks());
  }

  #leftOfReaders(): string | null {
    const { fleet } = this;
    for (const { name, hub, keeper } of fleet.gateways.map((gateway) => gateway!)) {
      if (hub.channels > 0) return `${name} still follows ${hub.channels} topics`;
      if (hub.mirrorBytes !== 0) return `${name} still counts ${hub.mirrorBytes} bytes of copies`;
      if (keeper.size > 0) return `${name} still has ${keeper.size} readers`;
    }
    for (const topic of fleet.topics) if (this.#followers(topic) > 0) return `${topic} still has followers`;
    for (const node of fleet.nodes) if (node!.watches > 0) return `${node!.id} still has ${node!.watches} watches`;
    return null;
  }

  #leftOfLinks(): string | null {
    for (const { name, time, transport } of this.fleet.gateways.map((gateway) => gateway!)) {
      if (time.timers > 0) return `${name} still has ${time.timers} timers`;
      if (transport.size > 0) return `${name} still has ${transport.size} links`;
    }
    for (const node of this.fleet.nodes) if (node!.links > 0) return `${node!.id} still has ${node!.links} links`;
    return null;
  }

  #followers(topic: string): number {
    const node = this.fleet.primaryOf(topic)!;
    let followers = 0;
    for (const space of this.fleet.spaces)
      for (const found of node.table.spaces.selected(space, topic)) followers += found.followers.size;
    return followers;
  }

  #tally(): Tally {
    const { published, time } = this.fleet;
    const tally = { published: published.count, delivered: 0, gaps: 0, events: time.events };
    for (const { tracks } of this.#readers)
      for (const { messages, gaps } of tracks.values()) {
        tally.delivered += messages;
        tally.gaps += gaps;
      }
    return tally;
  }
}
