import { ManualClock } from '../../../src/shared/clock.ts';
import type { CacheSettings } from '../../../src/shared/fleet-state.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import { readMessage, type TopicMessageFrame, type TopicPayload } from '../../../src/shared/topics/message-frame.ts';
import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import type { TopicAddress } from '../../../src/storage-node/topics/topic.ts';
import { type TopicSlots, TopicTable } from '../../../src/storage-node/topics/topic-table.ts';
import { testRegistry, utf8 } from '../../support/fleet-state.ts';

/** Hash of every topic of these tests, whatever its name, and the slot that it is in. */
export const hash = 0x1234_5678;
export const slot = slotOf(hash);

/** Slots that the test hands out and takes away. Every slot is served at data epoch 1 to begin with. */
export class ManualSlots implements TopicSlots {
  readonly away = new Set<number>();
  readonly epochs = new Map<number, number>();

  leads(slot: number): boolean {
    return !this.away.has(slot);
  }

  admission(slot: number) {
    return this.leads(slot) ? ('serve' as const) : ('moved' as const);
  }

  dataEpoch(slot: number): number {
    return this.epochs.get(slot) ?? 1;
  }
}

/** A table of topics with one cache, whose topic space is 1. */
export class TestTopics {
  readonly clock = new ManualClock({ monotonicMs: 1_000 });
  readonly slots = new ManualSlots();
  readonly table: TopicTable;
  /** Topics that copies would have to give up, and the pages given up by then. */
  readonly forgotten: [name: string, pagesGiven: number][] = [];
  #sequence = 0;

  constructor(settings: Partial<CacheSettings> = {}, bytesMax = 16 * 1024 * 1024) {
    this.table = new TopicTable({
      slots: this.slots,
      clock: this.clock,
      bytesMax,
      // An entry of the slot, as the executor makes it.
      onForget: ({ name }, pagesGiven) => {
        this.#sequence++;
        this.forgotten.push([name, pagesGiven]);
      },
    });
    this.apply(settings);
  }

  get nowMs(): number {
    return this.clock.monotonicMs();
  }

  /** Changes the settings of the cache. */
  apply(settings: Partial<CacheSettings>): void {
    this.table.applyRegistry(testRegistry(1, { cache: 1 }, settings).caches);
  }

  address(name: string, inSlot: number = slot) {
    return { space: 1, slot: inSlot, name: Buffer.from(name).toString('latin1') };
  }

  publish(name: string, value = 'value', inSlot: number = slot): TopicPosition | null {
    const payload = { text: true, tokenId: '', value: utf8(value) };
    return this.publishTo(this.address(name, inSlot), payload);
  }

  /** Publishes a message that is committed at once. */
  publishTo(address: TopicAddress, payload: TopicPayload): TopicPosition | null {
    const published = this.publishUncommitted(address, payload);
    this.table.commit(address.slot, this.#sequence);
    return published;
  }

  publishUncommitted(address: TopicAddress, payload: TopicPayload): TopicPosition | null {
    const published = this.table.publish(address, payload, () => ++this.#sequence, this.nowMs);
    return published?.position ?? null;
  }

  /** Sequence of the slot's newest entry. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Publishes to a topic that there is room for; the last position. */
  publishAll(name: string, values: readonly string[], inSlot: number = slot): TopicPosition {
    let last: TopicPosition | null = null;
    for (const value of values) last = this.publish(name, value, inSlot);
    if (last === null) throw new Error('no room');
    return last;
  }

  statistics(name: string) {
    return this.table.statistics(this.address(name), this.nowMs);
  }

  /** What is kept of a topic, oldest first. */
  kept(name: string): TopicMessageFrame[] {
    const { name: binary } = this.address(name);
    const topic = [...this.table.selected(1, binary)].find((one) => one.name === binary);
    if (topic === undefined) return [];
    const { firstSequence, count } = topic.log;
    return Array.from({ length: count }, (_, index) =>
      readMessage(Buffer.from(topic.log.at(firstSequence + index), 'latin1')),
    );
  }

  /** What a list of the cache's topics tells of their names. */
  names(prefix = '', after = '', limit = 1_000): string[] {
    return this.table.list(1, prefix, after, limit, this.nowMs).map(({ name }) => name);
  }

  /** Goes round all topics at least once. */
  maintain(): void {
    for (let round = 0; round < 3; round++) this.table.maintain(this.nowMs);
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }
}

export const textOf = ({ value }: TopicMessageFrame): string => Buffer.from(value).toString();
export const numbered = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, index) => `m${from + index}`);
