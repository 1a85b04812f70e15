import { readMessage, type TopicMessageFrame } from '../../../../src/shared/topics/message-frame.ts';
import type { LoopbackNode } from '../../../support/loopback.ts';

/** The messages that a node keeps of a topic in its one cache, oldest first. */
export function keptMessages(node: LoopbackNode, topic: string): TopicMessageFrame[] {
  const name = Buffer.from(topic).toString('latin1');
  const found = [...node.topics.selected(1, name)].find((one) => one.name === name);
  if (found === undefined) return [];
  const { firstSequence, count } = found.log;
  return Array.from({ length: count }, (_, index) =>
    readMessage(Buffer.from(found.log.at(firstSequence + index), 'latin1')),
  );
}
