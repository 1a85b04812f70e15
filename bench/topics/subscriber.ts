import { EventReader, type EventShape } from './event-reader.ts';
import type { OpenPlan } from './plans.ts';
import { StreamConnection, type StreamListener } from './stream-connection.ts';
import type { Tally } from './tally.ts';

/** What subscribers tell their process. */
export interface SubscriberOwner {
  readonly tally: Tally;
  readonly shape: EventShape;
  opened(): void;
  /** `wasOpen` is whether the stream's head had come. */
  closed(subscriber: Subscriber, wasOpen: boolean): void;
}

/** One follower of one topic, over all its connections. */
export class Subscriber implements StreamListener {
  readonly #owner: SubscriberOwner;
  readonly #plan: OpenPlan;
  readonly #head: string;
  readonly topic: number;
  /** How many topics there are. */
  readonly topics: number;
  readonly reader: EventReader;
  #connection: StreamConnection | null = null;
  #open = false;

  constructor(owner: SubscriberOwner, plan: OpenPlan, index: number, inFull: boolean) {
    this.#owner = owner;
    this.#plan = plan;
    this.topics = plan.heads.length;
    this.topic = index % plan.heads.length;
    this.#head = plan.heads[this.topic]!;
    const { tally, shape } = owner;
    const { published, sequenced, latency } = plan;
    this.reader = new EventReader({ tally, shape, published, sequenced, latency, inFull });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Opens a connection; where an id is known, from behind it. */
  connect(): void {
    const { lastEventId } = this.reader;
    const resume = lastEventId === '' ? '' : `Last-Event-ID: ${lastEventId}\r\n`;
    this.reader.reconnected();
    const { origin, localAddress } = this.#plan;
    this.#connection = new StreamConnection(origin, localAddress, `${this.#head}${resume}\r\n`, this);
  }

  close(): void {
    this.#open = false;
    this.#connection?.close();
    this.#connection = null;
  }

  opened(): void {
    this.#open = true;
    this.#owner.opened();
  }

  read(bytes: Buffer, start: number, end: number): void {
    this.#owner.tally.arrived();
    this.reader.read(bytes, start, end);
  }

  closed(kind: string): void {
    const wasOpen = this.#open;
    this.#open = false;
    this.#connection = null;
    this.#owner.tally.end(this.reader.goodbye ?? kind);
    this.#owner.closed(this, wasOpen);
  }
}
