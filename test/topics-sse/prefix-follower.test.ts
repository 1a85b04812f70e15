import { beforeEach, describe, expect, it } from 'vitest';
import type { CacheHandle } from '../../src/shared/operation.ts';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import type { NodeLink } from '../../src/topics-sse/node-link.ts';
import { PrefixFollower, type Resumed } from '../../src/topics-sse/prefix-follower.ts';
import { type PrefixListener, PrefixWatch } from '../../src/topics-sse/prefix-watch.ts';
import { SeveralPositions, topicHash } from '../../src/topics-sse/several-positions.ts';
import type { Start } from '../../src/topics-sse/start.ts';
import type { TopicHub } from '../../src/topics-sse/topic-hub.ts';
import type { TopicStream } from '../../src/topics-sse/topic-stream.ts';
import { testCache } from '../support/fleet-state.ts';

const page = 5;
const node = (name: string) => name as unknown as NodeLink;

/** A hub of two nodes and a stream, which keep what a follower does with them. */
class Scene {
  cache = testCache();
  readonly told: string[] = [];
  /** Where each topic was followed from. */
  readonly starts = new Map<string, Start>();
  watch!: PrefixWatch;
  room = true;
  unwatched = 0;
  end = (): void => {};

  begin(resumed: Resumed = null, start: Start = { kind: 'latest' }): this {
    const { cache } = this;
    PrefixFollower.begin(this.hub(), this.stream(), { cache, prefix: 'chat/', start, resumed });
    return this;
  }

  announce(name: string, lastSequence = 0): void {
    this.watch.onTopic({ name: Buffer.from(name).toString('latin1'), page, lastSequence });
  }

  ready(): void {
    this.watch.onWatched(node('one'));
    this.watch.onWatched(node('other'));
  }

  hub(): TopicHub {
    const scene = this;
    return {
      watch(cache: CacheHandle, prefix: string, listener: PrefixListener) {
        scene.watch = new PrefixWatch(cache, prefix, listener);
        scene.watch.expect([node('one'), node('other')]);
        return scene.watch;
      },
      unwatch: () => void scene.unwatched++,
      channel: (_: CacheHandle, topic: string) => (scene.room ? topic : null),
    } as unknown as TopicHub;
  }

  stream(): TopicStream {
    const { told, starts } = this;
    return {
      get topics() {
        return starts.size;
      },
      follow: (channel: unknown, start: Start) => void starts.set(channel as string, start),
      complete: () => void told.push('complete'),
      goAway: (reason: string) => void told.push(reason),
      refuseTopics: () => void told.push('too many'),
      onEnd: () => void told.push('end'),
      whenEnded: (callback: () => void) => {
        this.end = callback;
      },
    } as unknown as TopicStream;
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

function positionsOf(byTopic: Readonly<Record<string, number>>): SeveralPositions {
  const positions = new SeveralPositions();
  for (const [name, sequence] of Object.entries(byTopic)) positions.move(topicHash(name), { page, sequence });
  return positions;
}

describe('a new stream', () => {
  it('latest: after what each topic had when it was announced, and new ones from their first message', () => {
    scene.begin();
    scene.announce('chat/a', 7);
    scene.ready();
    scene.announce('chat/new', 3);
    expect(scene.starts.get('chat/a')).toEqual({ kind: 'after', page, sequence: 7 });
    expect(scene.starts.get('chat/new')).toEqual({ kind: 'after', page, sequence: 0 });
  });

  it('another start holds for those that are there, not for new ones', () => {
    scene.begin(null, { kind: 'tail', count: 2 });
    scene.announce('chat/a', 7);
    scene.ready();
    scene.announce('chat/new', 3);
    expect(scene.starts.get('chat/a')).toEqual({ kind: 'tail', count: 2 });
    expect(scene.starts.get('chat/new')).toEqual({ kind: 'after', page, sequence: 0 });
  });

  it('is complete once every node has told what it has, or is gone; once', () => {
    scene.begin();
    scene.watch.onWatched(node('one'));
    expect(scene.told).toEqual([]);
    scene.watch.onGone(node('other'));
    scene.ready();
    expect(scene.told).toEqual(['complete']);
  });

  it('a topic that a node announces again, because its link broke, is followed once', () => {
    scene.begin();
    scene.announce('chat/a', 7);
    scene.ready();
    scene.starts.clear();
    scene.announce('chat/a', 9);
    expect(scene.starts.size).toBe(0);
  });

  it.each(['chat/é', 'chat/🦜', '\ufeffchat', 'a'])('names are told as text: %j', (name) => {
    scene.begin();
    scene.announce(name);
    expect([...scene.starts.keys()]).toEqual([name]);
  });
});

describe('a stream that resumes', () => {
  it('goes on where its id says; a topic that it has never heard of is new to it', () => {
    scene.begin(positionsOf({ 'chat/a': 4 }));
    scene.announce('chat/a', 7);
    scene.announce('chat/b', 9);
    scene.ready();
    expect(scene.starts.get('chat/a')).toEqual({ kind: 'after', page, sequence: 4 });
    expect(scene.starts.get('chat/b')).toEqual({ kind: 'after', page, sequence: 0 });
  });

  it('a topic that comes back later goes on where its id says', () => {
    scene.begin(positionsOf({ 'chat/a': 4 }));
    scene.ready();
    scene.announce('chat/a', 0);
    expect(scene.starts.get('chat/a')).toEqual({ kind: 'after', page, sequence: 4 });
  });

  it('an id that leaves topics out: those may have had more than is known, which is said', () => {
    scene.begin(SeveralPositions.parse(`n.${topicHash('chat/a')}-5-4`)!);
    scene.announce('chat/a', 7);
    scene.announce('chat/b', 9);
    expect(scene.starts.get('chat/a')).toEqual({ kind: 'after', page: 5, sequence: 4 });
    expect(scene.starts.get('chat/b')).toEqual({ kind: 'latest', missed: true });
  });

  it('an id that nobody gave out: every topic that is there has an unknown position', () => {
    scene.begin('unknown');
    scene.announce('chat/a', 7);
    scene.ready();
    scene.announce('chat/new', 1);
    expect(scene.starts.get('chat/a')).toEqual({ kind: 'unknown' });
    expect(scene.starts.get('chat/new')).toEqual({ kind: 'after', page, sequence: 0 });
  });
});

describe('ends', () => {
  it('more topics than a stream may follow: it is told so, by the follower as by a node', () => {
    scene.begin();
    for (let n = 0; n < streamLimits.topicsPerPrefixMax; n++) scene.announce(`chat/${n}`);
    expect(scene.told).toEqual([]);
    scene.announce('chat/one-more');
    scene.watch.onTooMany();
    expect(scene.told).toEqual(['too many', 'too many']);
    expect(scene.starts.size).toBe(streamLimits.topicsPerPrefixMax);
  });

  it('a gateway that follows as many topics as it may: come again later', () => {
    scene.begin();
    scene.room = false;
    scene.announce('chat/a');
    expect(scene.told).toEqual(['overloaded']);
  });

  it('a deleted cache: the stream ends, also one without topics', () => {
    scene.begin();
    expect([scene.watch.checkCache(), scene.told]).toEqual([true, []]);
    scene.cache.topicSpace = 0;
    expect([scene.watch.checkCache(), scene.told]).toEqual([false, ['end']]);
  });

  it('with the stream the watch ends', () => {
    scene.begin();
    scene.end();
    expect(scene.unwatched).toBe(1);
  });
});
