/** Defects to plant in the code under test, each of which the model test has to find. */

import { SlotPages } from '../../../src/storage-node/topics/slot-pages.ts';
import { TopicCopies } from '../../../src/storage-node/topics/topic-copies.ts';
import { TopicLink } from '../../../src/storage-node/topics/topic-link.ts';
import { TopicTable } from '../../../src/storage-node/topics/topic-table.ts';
import { streamLimits } from '../../../src/topics-sse/limits.ts';
import { LongPoll } from '../../../src/topics-sse/long-poll.ts';
import { MessageBatch } from '../../../src/topics-sse/message-batch.ts';
import { NodeLink } from '../../../src/topics-sse/node-link.ts';
import { SlotAsks } from '../../../src/topics-sse/slot-asks.ts';
import { type OpenReader, StreamKeeper } from '../../../src/topics-sse/stream-keeper.ts';
import { TopicChannel } from '../../../src/topics-sse/topic-channel.ts';
import { TopicHub } from '../../../src/topics-sse/topic-hub.ts';
import { TopicStream } from '../../../src/topics-sse/topic-stream.ts';
import type { Profile } from './world.ts';

export interface Mutant {
  readonly name: string;
  /** Where it shows. */
  readonly profile: Profile;
  /** Plants it; returns the way to heal. */
  plant(): () => void;
}

/** Puts another method in the place of one. */
function replace<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: (original: Target[Name]) => Target[Name],
): () => void {
  const original = target[name];
  target[name] = make(original);
  return () => {
    target[name] = original;
  };
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a batch is dropped on its way to a stream',
    profile: 'gapless',
    plant() {
      let count = 0;
      return replace(TopicStream.prototype, 'onMessages', (original) => {
        return function (this: TopicStream, ...call) {
          if (++count % 20 !== 0) original.apply(this, call);
        };
      });
    },
  },
  {
    name: 'two messages change places',
    profile: 'calm',
    plant: () =>
      replace(TopicStream.prototype, 'onMessages', (original) => {
        return function (this: TopicStream, member, batch) {
          original.call(this, member, new MessageBatch(batch.messages.toReversed()));
        };
      }),
  },
  {
    name: 'a poll has a batch twice',
    profile: 'gapless',
    plant() {
      let count = 0;
      return replace(LongPoll.prototype, 'onMessages', (original) => {
        return function (this: LongPoll, member, batch) {
          const twice = ++count % 5 === 0 ? [...batch.messages, ...batch.messages] : batch.messages;
          original.call(this, member, new MessageBatch(twice));
        };
      });
    },
  },
  {
    name: 'the node answers a join, and begins to follow a moment later',
    profile: 'gapless',
    plant() {
      const joined = new Map<TopicLink, Map<number, number>>();
      let messages = 0;
      const healSend = replace(TopicLink.prototype, 'send', (original) => {
        return function (this: TopicLink, frame) {
          if (frame.kind === 'joined') joined.set(this, (joined.get(this) ?? new Map()).set(frame.topic, messages));
          original.call(this, frame);
        };
      });
      const healMessage = replace(TopicLink.prototype, 'onMessage', (original) => {
        return function (this: TopicLink, topic, frame) {
          if (messages++ > (joined.get(this)?.get(topic.number) ?? 0) + 1) original.call(this, topic, frame);
        };
      });
      return () => {
        healSend();
        healMessage();
      };
    },
  },
  {
    name: 'a member becomes live before what is pending is handed out',
    profile: 'gapless',
    plant() {
      let pumping = false;
      const healPump = replace(TopicChannel.prototype, 'pump', (original) => {
        return function (this: TopicChannel, member) {
          pumping = true;
          original.call(this, member);
          pumping = false;
        };
      });
      const healFlush = replace(TopicChannel.prototype, 'flush', (original) => {
        return function (this: TopicChannel) {
          if (!pumping) original.call(this);
        };
      });
      return () => {
        healPump();
        healFlush();
      };
    },
  },
  {
    name: 'a stream is not told of gaps',
    profile: 'trimmed',
    plant: () => replace(TopicStream.prototype, 'onDiscontinuity', () => () => {}),
  },
  {
    name: 'a poll is not told of gaps',
    profile: 'trimmed',
    plant: () => replace(LongPoll.prototype, 'onDiscontinuity', () => () => {}),
  },
  {
    name: 'a topic that was forgotten comes back under its page',
    profile: 'trimmed',
    plant: () => replace(SlotPages.prototype, 'given', () => () => 0),
  },
  {
    name: 'a topic of a slot that began anew goes on',
    profile: 'faults',
    plant() {
      const healView = replace(TopicTable.prototype, 'applyView', () => () => {});
      const healWipe = replace(TopicTable.prototype, 'wipe', () => () => {});
      return () => {
        healView();
        healWipe();
      };
    },
  },
  {
    name: 'a copy does not keep what its primary publishes',
    profile: 'replicated',
    plant: () => replace(TopicCopies.prototype, 'publish', () => () => {}),
  },
  {
    name: 'a node that joins is not given the logs that there are',
    profile: 'replicated',
    plant: () => replace(TopicCopies.prototype, 'merge', () => () => {}),
  },
  {
    name: 'a topic of a slot that is not served is not asked for again',
    profile: 'replicated',
    plant: () => replace(SlotAsks.prototype, 'wait', () => () => {}),
  },
  {
    name: 'the topics that wait with one that is carried again are not asked for',
    profile: 'replicated',
    plant: () => replace(SlotAsks.prototype, 'served', () => () => {}),
  },
  {
    name: 'a link that is new does not ask from where the copies are',
    profile: 'gapless',
    plant: () => replace(TopicChannel.prototype, 'rejoin', () => () => {}),
  },
  {
    name: 'a reader that was slow is not looked after when it has read',
    profile: 'calm',
    plant: () => replace(TopicStream.prototype, 'onDrain', () => () => {}),
  },
  {
    name: 'every other link that breaks is not opened again',
    profile: 'gapless',
    plant: () =>
      replace(NodeLink.prototype, 'onClose', (original) => {
        let count = 0;
        return function (this: NodeLink) {
          if (++count % 2 === 0) original.call(this);
        };
      }),
  },
  {
    name: 'a topic without readers is followed for ever',
    profile: 'calm',
    plant: () => replace(NodeLink.prototype, 'leave', () => () => {}),
  },
  {
    name: 'a prefix is watched for ever',
    profile: 'calm',
    plant: () => replace(TopicHub.prototype, 'unwatch', () => () => {}),
  },
  {
    name: 'a stream that is over is still counted',
    profile: 'calm',
    plant: () => replace(StreamKeeper.prototype, 'remove', () => () => {}),
  },
  {
    name: 'the copies’ bytes are counted wrongly',
    profile: 'trimmed',
    plant: () => replace(TopicChannel.prototype, 'forget', () => () => {}),
  },
  {
    name: 'a slow reader holds the others up',
    profile: 'calm',
    plant() {
      const readers = new Set<OpenReader>();
      const healAdd = replace(StreamKeeper.prototype, 'add', (original) => {
        return function (this: StreamKeeper, reader) {
          readers.add(reader);
          original.call(this, reader);
        };
      });
      const healRoom = replace(TopicStream.prototype, 'hasRoom', (original) => {
        return function (this: TopicStream) {
          for (const { unsentBytes } of readers) if (unsentBytes > streamLimits.unsentBytesSoft) return false;
          return original.call(this);
        };
      });
      return () => {
        healAdd();
        healRoom();
      };
    },
  },
];
