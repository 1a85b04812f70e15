import { slotOf } from '../shared/slots.ts';
import { streamLimits } from './limits.ts';
import type { TopicChannel } from './topic-channel.ts';

interface SlotAsksParts {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Calls back after a while; returns the way to cancel. */
  readonly delay: (ms: number, callback: () => void) => () => void;
  /** Puts a channel's question once more. */
  readonly ask: (channel: TopicChannel) => void;
}

interface SlotAsk {
  readonly channels: Set<TopicChannel>;
  /** The one whose question is under way; null while there is a pause. */
  asking: TopicChannel | null;
  attempts: number;
  cancel: () => void;
}

/**
 * The topics of one node that it does not carry at the moment, because it may not serve their slots yet, or no more.
 * A failover puts thousands of topics in this place at once: of each slot one is asked for at a time, and the others as
 * soon as that one is answered. Pauses double to a bound; whatever the view moves elsewhere is dropped here.
 */
export class SlotAsks {
  readonly #parts: SlotAsksParts;
  readonly #slots = new Map<number, SlotAsk>();

  constructor(parts: SlotAsksParts) {
    this.#parts = parts;
  }

  /** The node has refused a channel's question, or ended its topic. */
  wait(channel: TopicChannel): void {
    const slot = slotOf(channel.address.hash);
    const waiting = this.#slots.get(slot);
    if (waiting !== undefined) {
      waiting.channels.add(channel);
      if (waiting.asking === channel) this.#askLater(waiting);
      return;
    }
    const ask: SlotAsk = { channels: new Set([channel]), asking: null, attempts: 0, cancel: () => {} };
    this.#slots.set(slot, ask);
    this.#askLater(ask);
  }

  /** The node has answered a channel's question: it carries the slot. */
  served(channel: TopicChannel): void {
    const slot = slotOf(channel.address.hash);
    const ask = this.#slots.get(slot);
    if (ask === undefined) return;
    ask.cancel();
    this.#slots.delete(slot);
    ask.channels.delete(channel);
    for (const other of ask.channels) this.#parts.ask(other);
  }

  /** A channel has gone elsewhere. */
  drop(channel: TopicChannel): void {
    const slot = slotOf(channel.address.hash);
    const ask = this.#slots.get(slot);
    if (!ask?.channels.delete(channel)) return;
    if (ask.channels.size === 0) {
      ask.cancel();
      this.#slots.delete(slot);
    } else if (ask.asking === channel) this.#askLater(ask);
  }

  clear(): void {
    for (const { cancel } of this.#slots.values()) cancel();
    this.#slots.clear();
  }

  #askLater(ask: SlotAsk): void {
    const { retryAskMsMin, retryAskMsMax } = streamLimits;
    ask.asking = null;
    const pauseMs = Math.min(retryAskMsMax, retryAskMsMin * 2 ** Math.min(ask.attempts++, 10));
    ask.cancel = this.#parts.delay(pauseMs * (0.5 + this.#parts.random() / 2), () => {
      const [next] = ask.channels;
      ask.asking = next!;
      this.#parts.ask(next!);
    });
  }
}
