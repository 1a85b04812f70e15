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
 * The topics of one request: made when the request asks for them, and gone with its stream. While that is open it
 * asks for the fleet's state every now and then, since on an edge runtime nobody else may: so it learns of moved
 * topics and withdrawn tokens.
 */
export class EdgeTopics {
  readonly streams: StreamKeeper;
  readonly #parts: EdgeTopicsParts;
  #hub: TopicHub | null = null;
  #cancelRefresh: (() => void) | null = null;

  constructor(parts: EdgeTopicsParts) {
    this.#parts = parts;
    const { clock, random } = parts;
    this.streams = new StreamKeeper({ clock, random, delay, onEmpty: () => this.#close() });
  }

  get hub(): TopicHub {
    if (this.#hub === null) {
      const { source, fleetSecret, fetch, clock, random } = this.#parts;
      const transport = new FetchLinkTransport(fleetSecret, fetch as typeof globalThis.fetch);
      this.#hub = new TopicHub({ source, transport, clock, random, delay, defer });
      this.#refreshLater();
    }
    return this.#hub;
  }

  /** The request has been answered, with a stream that goes on or without. */
  answered(streaming: boolean): void {
    if (!streaming) this.#close();
  }

  #refreshLater(): void {
    this.#cancelRefresh = delay(edgeLimits.streamStateMs, () => {
      void this.#parts.source
        .refresh(edgeLimits.statePollTimeoutMs)
        .then(() => this.streams.checkTokens())
        .catch(() => {})
        .finally(() => {
          if (this.#hub !== null) this.#refreshLater();
        });
    });
  }

  #close(): void {
    this.#cancelRefresh?.();
    this.#hub?.close();
    this.#hub = null;
  }
}

/** A plain call: runtimes refuse a function of theirs that is called as a method of something else. */
function defer(callback: () => void): void {
  queueMicrotask(callback);
}

function delay(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
