import type { Writable } from 'node:stream';
import type { FleetState } from '../../../src/shared/fleet-state.ts';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import type { TopicPayload } from '../../../src/shared/topics/message-frame.ts';
import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import type { ForgetEffect, PublishEffect } from '../../../src/storage-node/replication/effect.ts';
import type { TopicAddress } from '../../../src/storage-node/topics/topic.ts';
import { TopicLink } from '../../../src/storage-node/topics/topic-link.ts';
import type { TopicWatcher } from '../../../src/storage-node/topics/topic-spaces.ts';
import { type TopicSlots, TopicTable } from '../../../src/storage-node/topics/topic-table.ts';
import type { BytePipe } from './byte-pipe.ts';
import { fail } from './published.ts';
import type { ProcessTime } from './virtual-time.ts';

/** Unread bytes at which a writer is told to wait for `drain`. */
const highWaterBytes = 100;

/** As much of a writable stream as a topic link uses, on a simulated connection. */
export class PipeOutput {
  readonly #pipe: BytePipe;
  #needsDrain = false;
  #onDrain: () => void = () => {};

  constructor(pipe: BytePipe) {
    this.#pipe = pipe;
    pipe.onEmpty = () => {
      if (!this.#needsDrain) return;
      this.#needsDrain = false;
      this.#onDrain();
    };
  }

  get writableLength(): number {
    return this.#pipe.unread;
  }

  write(bytes: Uint8Array): boolean {
    this.#pipe.send(bytes);
    this.#needsDrain ||= this.#pipe.unread >= highWaterBytes;
    return !this.#needsDrain;
  }

  on(event: string, callback: () => void): void {
    if (event === 'drain') this.#onDrain = callback;
  }
}

interface SimNodeParts {
  readonly id: string;
  readonly incarnation: string;
  readonly time: ProcessTime;
  readonly bytesMax: number;
  readonly maintenanceMs: number;
  /** Time that it takes to serve a slot from when it is made its primary, in ms; drawn for each. */
  readonly takeoverMs: () => number;
  /** It gives up a topic as primary: its copies do the same. */
  readonly onForget: (topic: TopicAddress, pagesGiven: number) => void;
}

interface SimSlot {
  readonly primary: boolean;
  readonly held: boolean;
  readonly dataEpoch: number;
  /** When it is served, by the node's monotonic clock. */
  readonly readyMs: number;
}

/** A storage node as far as topics go: the real table and links, and slots as a view says. */
export class SimNode implements TopicSlots {
  readonly id: string;
  readonly incarnation: string;
  readonly time: ProcessTime;
  readonly table: TopicTable;
  readonly #links = new Map<TopicLink, () => void>();
  readonly #slots = new Map<number, SimSlot>();
  readonly #takeoverMs: () => number;
  #revision = 0;
  /** Watches of links that have not ended. */
  watches = 0;

  constructor({ id, incarnation, time, bytesMax, maintenanceMs, takeoverMs, onForget }: SimNodeParts) {
    this.id = id;
    this.incarnation = incarnation;
    this.time = time;
    this.table = new TopicTable({ slots: this, clock: time, bytesMax, onForget });
    this.#takeoverMs = takeoverMs;
    this.#countWatches();
    const maintain = (): void => {
      this.table.maintain(time.monotonicMs());
      this.table.settle();
      time.delay(maintenanceMs, maintain);
    };
    maintain();
  }

  get links(): number {
    return this.#links.size;
  }

  admission(slot: number) {
    const held = this.#slots.get(slot);
    if (held?.primary !== true) return 'moved' as const;
    return held.readyMs <= this.time.monotonicMs() ? ('serve' as const) : ('not_ready' as const);
  }

  leads(slot: number): boolean {
    return this.#slots.get(slot)?.primary === true;
  }

  dataEpoch(slot: number): number {
    return this.#slots.get(slot)?.dataEpoch ?? 0;
  }

  /** Takes a newer state, as far as these slots go. */
  apply({ revision, registry, view }: FleetState, slots: Iterable<number>): void {
    if (revision <= this.#revision || !this.time.alive) return;
    this.#revision = revision;
    this.table.applyRegistry(registry.caches);
    const self = view.nodes.findIndex(({ id, incarnation }) => id === this.id && incarnation === this.incarnation);
    for (const slot of slots) {
      const [, dataEpoch, copies] = view.slots[slot]!;
      const primary = self >= 0 && copies[0] === self;
      const before = this.#slots.get(slot);
      const takeoverMs = primary && before?.primary !== true ? this.#takeoverMs() : 0;
      const readyMs = takeoverMs > 0 ? this.time.monotonicMs() + takeoverMs : primary ? (before?.readyMs ?? 0) : 0;
      const held = self >= 0 && copies.includes(self);
      this.#slots.set(slot, { primary, held, dataEpoch, readyMs });
      if (!held) this.table.wipe(slot);
    }
    this.table.applyView();
  }

  /** Publishes as the slot's entry `sequence`, with these nodes as its other copies. */
  publish(
    address: TopicAddress,
    payload: TopicPayload,
    sequence: number,
    copies: readonly SimNode[],
  ): TopicPosition | null {
    if (this.admission(address.slot) !== 'serve' || !this.table.knows(address.space)) return null;
    const published = this.table.publish(address, payload, () => sequence, this.time.monotonicMs());
    if (published === null) return null;
    for (const copy of copies) copy.take(address.slot, sequence, published.effect);
    this.table.commit(address.slot, sequence);
    return published.position;
  }

  /** Takes a change that the slot's primary has made. */
  take(slot: number, sequence: number, effect: PublishEffect | ForgetEffect): void {
    this.table.apply(slot, sequence, effect);
    this.table.commit(slot, sequence);
  }

  /** Takes all that another copy of the slot has. */
  fill(slot: number, from: SimNode): void {
    this.table.wipe(slot);
    const { copies } = this.table;
    for (const part of from.table.copies.parts(slot, () => from.time.monotonicMs())) {
      if (part.kind === 'pages') copies.raisePages(slot, part.pagesGiven);
      else if (part.kind === 'topic') copies.merge(slot, part, this.time.monotonicMs());
    }
  }

  /** Takes a connection; `cut` ends it. Returns the way to hand it what comes, and to tell it of the end. */
  accept(output: PipeOutput, cut: () => void): { push(chunk: Uint8Array): void; close(): void } {
    const parts = { topics: this.table, slots: this, clock: this.time, onBehind: () => {} };
    const link = new TopicLink(parts, output as unknown as Writable);
    this.#links.set(link, cut);
    const alive = (): void => {
      if (!this.#links.has(link)) return;
      if (link.alive()) this.time.delay(topicLimits.linkAliveMs, alive);
      else cut();
    };
    this.time.delay(topicLimits.linkAliveMs, alive);
    return {
      push: (chunk) => link.push(chunk),
      close: () => {
        if (this.#links.delete(link)) link.close();
      },
    };
  }

  /** The process dies; its connections with it. */
  kill(): void {
    this.time.kill();
    for (const cut of [...this.#links.values()]) cut();
    this.#links.clear();
  }

  /** Holds the table's count of bytes against what it has. `spaces` are those that there are. */
  check(spaces: Iterable<number>): void {
    let bytes = 0;
    for (const space of spaces)
      for (const { log, name } of this.table.spaces.selected(space, '')) {
        bytes += log.bytes + nodeLimits.topicBytes + name.length;
      }
    if (bytes !== this.table.bytes) fail(`${this.id} counts ${this.table.bytes} bytes, and has ${bytes}`);
  }

  #countWatches(): void {
    const { table } = this;
    const watchers = new Set<TopicWatcher>();
    const { watch, unwatch } = TopicTable.prototype;
    table.watch = (space, watcher) => {
      watch.call(table, space, watcher);
      watchers.add(watcher);
      this.watches = watchers.size;
    };
    table.unwatch = (space, watcher) => {
      unwatch.call(table, space, watcher);
      watchers.delete(watcher);
      this.watches = watchers.size;
    };
  }
}
