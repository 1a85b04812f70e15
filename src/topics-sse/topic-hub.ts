import type { Clock } from '../shared/clock.ts';
import type { FleetNode, FleetState, FleetStateSource, View } from '../shared/fleet-state.ts';
import { hopLimits } from '../shared/limits.ts';
import type { CacheHandle } from '../shared/operation.ts';
import { keyHash, slotOf } from '../shared/slots.ts';
import { streamLimits } from './limits.ts';
import type { LinkTransport } from './link-transport.ts';
import { NodeLink } from './node-link.ts';
import { type PrefixListener, PrefixWatch } from './prefix-watch.ts';
import { type ChannelHost, TopicChannel } from './topic-channel.ts';

export interface TopicHubParts {
  readonly source: FleetStateSource;
  readonly transport: LinkTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Calls back after a while; returns the way to cancel. */
  readonly delay: (ms: number, callback: () => void) => () => void;
  /** Calls back at the end of this turn of the event loop. */
  readonly defer: (callback: () => void) => void;
}

const encoder = new TextEncoder();

/**
 * The topics that a gateway follows, each once for all its readers, over one link to each storage node.
 *
 * A topic is followed while it has readers, and a little longer. When the view moves its slot, or a link breaks, it
 * is asked for again from where it was; its readers notice nothing, or are told of the gap.
 */
export class TopicHub implements ChannelHost {
  readonly clock: Clock;
  readonly #parts: TopicHubParts;
  readonly #channels = new Map<string, TopicChannel>();
  readonly #links = new Map<string, NodeLink>();
  readonly #linkOf = new Map<TopicChannel, NodeLink>();
  /** Links to nodes that the fleet hears. */
  #heard: ReadonlySet<NodeLink> = new Set();
  readonly #watches = new Set<PrefixWatch>();
  readonly #lingering = new Map<TopicChannel, () => void>();
  readonly #recount = new Set<TopicChannel>();
  readonly #stopFollowing: () => void;
  #dirty: TopicChannel[] = [];
  #view: View;
  #mirrorBytes = 0;
  /** Where shedding goes on. */
  #round: Iterator<TopicChannel> | null = null;
  #recounting = false;
  /** Monotonic time before which nothing is handed out. */
  #restUntilMs = 0;
  /** Messages that came. */
  messages = 0;
  /** Gaps in topics that were followed. */
  gaps = 0;

  constructor(parts: TopicHubParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.#view = parts.source.current().view;
    this.#applyView(this.#view);
    this.#stopFollowing = parts.source.onChange((state) => this.#apply(state));
  }

  get channels(): number {
    return this.#channels.size;
  }

  get mirrorBytes(): number {
    return this.#mirrorBytes;
  }

  /** The topic of a cache; null when there are too many already. Whoever asks attaches to it in the same turn. */
  channel(cache: CacheHandle, topic: string): TopicChannel | null {
    const bytes = encoder.encode(topic);
    const name = binaryString(bytes);
    const key = `${cache.topicSpace} ${name}`;
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    if (this.#channels.size >= streamLimits.channelsMax) return null;
    const hash = keyHash(cache.seed, bytes);
    const channel = new TopicChannel({ cache, space: cache.topicSpace, hash, name, topic }, this);
    this.#channels.set(key, channel);
    // Should nobody come, it goes as if its last reader had left.
    this.onMembers(channel);
    return channel;
  }

  /** Has topics whose names begin with `prefix` announced. */
  watch(cache: CacheHandle, prefix: string, listener: PrefixListener): PrefixWatch {
    const watch = new PrefixWatch(cache, binaryString(encoder.encode(prefix)), listener);
    this.#watches.add(watch);
    watch.expect(this.#heard);
    for (const link of this.#links.values()) link.watch(watch);
    return watch;
  }

  unwatch(watch: PrefixWatch): void {
    this.#watches.delete(watch);
    for (const link of this.#links.values()) link.unwatch(watch);
  }

  close(): void {
    this.#stopFollowing();
    for (const cancel of this.#lingering.values()) cancel();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#channels.clear();
  }

  ask(channel: TopicChannel): void {
    const link = this.#route(channel);
    const before = this.#linkOf.get(channel);
    if (before !== undefined && before !== link) before.leave(channel);
    if (link === undefined) {
      this.#linkOf.delete(channel);
      return;
    }
    this.#linkOf.set(channel, link);
    link.ask(channel);
  }

  onGap(): void {
    this.gaps++;
  }

  /**
   * Hands out at the end of the turn, or, when handing out took long, after a rest in proportion: what comes meanwhile
   * goes out in the same writes, and requests have their turn in between.
   */
  flushLater(channel: TopicChannel): void {
    this.#dirty.push(channel);
    if (this.#dirty.length > 1) return;
    const restMs = this.#restUntilMs - this.clock.monotonicMs();
    if (restMs > 0) this.#parts.delay(restMs, () => this.#flush());
    else this.#parts.defer(() => this.#flush());
  }

  onMembers(channel: TopicChannel): void {
    this.#recountLater(channel);
    if (channel.size > 0) {
      this.#lingering.get(channel)?.();
      this.#lingering.delete(channel);
    } else if (!this.#lingering.has(channel))
      this.#lingering.set(
        channel,
        this.#parts.delay(streamLimits.lingerMs, () => this.#drop(channel)),
      );
  }

  onMirror(bytes: number): void {
    this.#mirrorBytes += bytes;
    if (this.#mirrorBytes > streamLimits.mirrorBytesMax && bytes > 0) this.#parts.defer(() => this.#shed());
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    const startMs = this.clock.monotonicMs();
    for (const channel of dirty) channel.flush();
    const nowMs = this.clock.monotonicMs();
    const { flushRestRatio, flushRestMsMax } = streamLimits;
    this.#restUntilMs = nowMs + Math.min((nowMs - startMs) * flushRestRatio, flushRestMsMax);
  }

  /** Tells nodes of changed numbers of readers, once in a while: statistics need no more. */
  #recountLater(channel: TopicChannel): void {
    this.#recount.add(channel);
    if (this.#recounting) return;
    this.#recounting = true;
    this.#parts.delay(streamLimits.recountMs, () => {
      this.#recounting = false;
      for (const one of this.#recount) this.#linkOf.get(one)?.count(one);
      this.#recount.clear();
    });
  }

  #shed(): void {
    const enough = streamLimits.mirrorBytesMax * streamLimits.mirrorKeptShare;
    for (let left = this.#channels.size * 20; left > 0 && this.#mirrorBytes > enough; left--) {
      this.#round ??= this.#channels.values();
      const { done, value } = this.#round.next();
      if (done) this.#round = null;
      else value.shed();
    }
  }

  #drop(channel: TopicChannel): void {
    this.#lingering.delete(channel);
    if (channel.size > 0) return;
    const { space, name } = channel.address;
    this.#channels.delete(`${space} ${name}`);
    this.#linkOf.get(channel)?.leave(channel);
    this.#linkOf.delete(channel);
    this.#recount.delete(channel);
    channel.forget();
  }

  #apply(state: FleetState): void {
    for (const [key, channel] of this.#channels) {
      if (channel.address.cache.topicSpace === channel.address.space) continue;
      this.#channels.delete(key);
      this.#linkOf.get(channel)?.leave(channel);
      this.#linkOf.delete(channel);
      this.#lingering.get(channel)?.();
      this.#lingering.delete(channel);
      channel.end();
    }
    for (const watch of [...this.#watches]) if (!watch.checkCache()) this.unwatch(watch);
    if (state.view.number > this.#view.number) this.#applyView(state.view);
  }

  #applyView(view: View): void {
    this.#view = view;
    const current = new Set<string>();
    const heard = new Set<NodeLink>();
    for (const node of view.nodes) {
      // Never heard of again: its links are closed as those of a node that has left.
      if (node.state === 'dead') continue;
      const name = nameOf(node);
      current.add(name);
      let link = this.#links.get(name);
      if (link === undefined) {
        link = this.#newLink(node.url);
        this.#links.set(name, link);
        for (const watch of this.#watches) link.watch(watch);
      }
      // A silent node is not waited for; should it be heard again, it still tells what is new there.
      if (node.state !== 'silent') heard.add(link);
      else if (this.#heard.has(link)) for (const watch of this.#watches) watch.onGone(link);
    }
    this.#heard = heard;
    for (const [name, link] of this.#links) {
      if (current.has(name)) continue;
      this.#links.delete(name);
      for (const watch of link.close().watches) watch.onGone(link);
    }
    for (const channel of this.#channels.values())
      if (this.#linkOf.get(channel) !== this.#route(channel)) channel.rejoin();
  }

  /** The link to the node that has the channel's topic by the view. */
  #route(channel: TopicChannel): NodeLink | undefined {
    const primary = this.#view.slots[slotOf(channel.address.hash)]![2][0];
    const node = primary === undefined ? undefined : this.#view.nodes[primary];
    return node === undefined ? undefined : this.#links.get(nameOf(node));
  }

  #newLink(url: string): NodeLink {
    const { transport, clock, random, delay, source } = this.#parts;
    return new NodeLink(url, {
      transport,
      clock,
      random,
      delay,
      onMessage: () => {
        this.messages++;
      },
      onRefused: (reason) => {
        if (reason === 'moved' || reason === 'behind') void source.refresh(hopLimits.deadlineMs).catch(() => {});
      },
    });
  }
}

function nameOf({ id, incarnation, url }: FleetNode): string {
  return `${id}/${incarnation}/${url}`;
}

function binaryString(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
