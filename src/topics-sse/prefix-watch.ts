import type { CacheHandle } from '../shared/operation.ts';
import type { NodeLink } from './node-link.ts';

/** A topic as a node announces it; its name's UTF-8 bytes as a binary string. */
export interface AnnouncedTopic {
  readonly name: string;
  readonly page: number;
  readonly lastSequence: number;
}

export interface PrefixListener {
  /** A topic that the prefix selects. `known`: it was there when the node was first asked; else it is new. */
  onTopic(topic: AnnouncedTopic, known: boolean): void;
  /** All nodes have told what they have. */
  onReady(): void;
  /** There are more than may be followed. */
  onTooMany(): void;
  /** The cache is gone. */
  onEnd(): void;
}

/**
 * The topics of a cache whose names begin with a prefix, as all nodes announce them: those that there are when each
 * node is first asked, and then each that comes into being. A node that is asked again, because its link broke,
 * announces all it has once more; what the listener has not heard of by then is new.
 */
export class PrefixWatch {
  readonly space: number;
  /** UTF-8 bytes as a binary string. */
  readonly prefix: string;
  readonly #cache: CacheHandle;
  readonly #listener: PrefixListener;
  readonly #told = new Set<string>();
  /** Nodes that have not told yet what they have. */
  readonly #silent = new Set<NodeLink>();
  #ready = false;

  constructor(cache: CacheHandle, prefix: string, listener: PrefixListener) {
    this.#cache = cache;
    this.space = cache.topicSpace;
    this.prefix = prefix;
    this.#listener = listener;
  }

  /** The nodes that are to tell; to be called once, before any does. */
  expect(links: Iterable<NodeLink>): void {
    for (const link of links) this.#silent.add(link);
  }

  onTopic(topic: AnnouncedTopic): void {
    if (this.#told.has(topic.name)) return;
    this.#told.add(topic.name);
    this.#listener.onTopic(topic, !this.#ready);
  }

  onWatched(link: NodeLink): void {
    this.#silent.delete(link);
    this.#checkReady();
  }

  /** The node is no longer of the fleet. */
  onGone(link: NodeLink): void {
    this.onWatched(link);
  }

  onTooMany(): void {
    this.#listener.onTooMany();
  }

  /** Whether the cache is still there; the listener is told when it is not. */
  checkCache(): boolean {
    if (this.#cache.topicSpace === this.space) return true;
    this.#listener.onEnd();
    return false;
  }

  #checkReady(): void {
    if (this.#ready || this.#silent.size > 0) return;
    this.#ready = true;
    this.#listener.onReady();
  }
}
