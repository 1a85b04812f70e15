import { FrameError, publishFlags, publishHeadBytes, readU16, topicPositionBytes } from '../../shared/frame/layout.ts';
import { writeTopicPosition } from '../../shared/frame/topic-results.ts';
import { topicLimits } from '../../shared/topics/limits.ts';
import { latin1 } from '../content-types.ts';
import { beginResult, type OperationContext, plainResult } from './context.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** publish: numbers the message and hands it to the topic's followers; answers its position. */
export function executePublish(context: OperationContext): void {
  const { reader, slots, writer } = context;
  const { bytes, payloadStart, payloadEnd } = reader;
  const tokenStart = payloadStart + publishHeadBytes;
  if (tokenStart > payloadEnd) throw new FrameError('payload cut off');
  const tokenBytes = readU16(bytes, payloadStart + 1);
  const valueStart = tokenStart + tokenBytes;
  if (valueStart > payloadEnd) throw new FrameError('payload cut off');
  // What goes on to gateways has fields of fixed sizes for both.
  if (tokenBytes > topicLimits.tokenIdBytesMax || reader.keyLength > topicLimits.nameBytesMax)
    throw new FrameError('name or token id too long');
  const published = context.topics.publish(
    { space: reader.namespace, slot: reader.slot, name: latin1(bytes, reader.keyStart, reader.keyLength) },
    {
      text: (bytes[payloadStart]! & publishFlags.text) !== 0,
      tokenId: valueStart === tokenStart ? '' : decoder.decode(bytes.subarray(tokenStart, valueStart)),
      value: bytes.subarray(valueStart, payloadEnd),
    },
    () => slots.nextSequence(reader.slot),
    context.nowMs,
  );
  if (published === null) return plainResult(context, 'overloaded');
  context.changed = true;
  context.effect = published.effect;
  beginResult(context, 'done');
  const at = writer.item(slots.dataEpoch(reader.slot), 0, 0, topicPositionBytes, '', topicPositionBytes);
  writeTopicPosition(writer.bytes, at, published.position);
  writer.end();
}
