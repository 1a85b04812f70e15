import type { Clock } from '../../shared/clock.ts';
import type { Fetch } from '../../shared/control-link/call.ts';
import type { StateWatcher } from '../../shared/control-link/state-watcher.ts';
import { FetchLinkTransport } from '../../topics-sse/fetch-transport.ts';
import { StreamKeeper } from '../../topics-sse/stream-keeper.ts';
import { TopicHub } from '../../topics-sse/topic-hub.ts';
import { edgeLimits } from './limits.ts';

interface EdgeTopicsParts {
  readonly source: StateWatcher;
  readonly fleetSecret: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * The topics of one request: made when the request asks for them, and gone with its stream, timers and all. While
 * that is open it asks for the fleet's state every now and then, since on an edge runtime nobody else may: so it
 * learns of moved topics and withdrawn tokens.
 *
 * That the client has left such a runtime tells only when something is written: with the next message, at the latest
 * with the next heartbeat.
 */
export class EdgeTopics {
  readonly streams: StreamKeeper;
  readonly #parts: EdgeTopicsParts;
  #hub: TopicHub | null = null;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(parts: EdgeTopicsParts) {
    this.#parts = parts;
    const { clock, random } = parts;
    this.streams = new StreamKeeper({ clock, random, delay: this.#delay, onEmpty: () => this.#close() });
  }

  get hub(): TopicHub {
    if (this.#hub === null) {
      const { source, fleetSecret, fetch, clock, random } = this.#parts;
      const transport = new FetchLinkTransport(fleetSecret, fetch as typeof globalThis.fetch);
      this.#hub = new TopicHub({ source, transport, clock, random, delay: this.#delay, defer });
      this.#refreshLater();
    }
    return this.#hub;
  }

  /** The request has been answered, with a stream that goes on or without. */
  answered(streaming: boolean): void {
    if (!streaming) this.#close();
  }

  #refreshLater(): void {
    this.#delay(edgeLimits.streamStateMs, () => {
      void this.#parts.source
        .refresh(edgeLimits.statePollTimeoutMs)
        .then(() => this.streams.checkTokens())
        .catch(() => {})
        .finally(() => this.#refreshLater());
    });
  }

  #close(): void {
    this.#closed = true;
    this.#hub?.close();
    this.#hub = null;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Calls back after a while, unless the request is over by then. */
  readonly #delay = (ms: number, callback: () => void): (() => void) => {
    if (this.#closed) return () => {};
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, ms);
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      clearTimeout(timer);
    };
  };
}

/** A plain call: runtimes refuse a function of theirs that is called as a method of something else. */
function defer(callback: () => void): void {
  queueMicrotask(callback);
}
