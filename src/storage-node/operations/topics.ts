import { FrameError, readU16, topicsHeadBytes } from '../../shared/frame/layout.ts';
import { encodeTopicReports, type TopicReport } from '../../shared/frame/topic-results.ts';
import { hopLimits } from '../../shared/limits.ts';
import { latin1 } from '../content-types.ts';
import { beginResult, type OperationContext, plainResult } from './context.ts';

/** topic: the statistics of one topic, those of silence when there is none of the name. */
export function executeTopic(context: OperationContext): void {
  const { reader, topics, nowMs } = context;
  const name = latin1(reader.bytes, reader.keyStart, reader.keyLength);
  reportsResult(context, [topics.statistics({ space: reader.namespace, slot: reader.slot, name }, nowMs)]);
}

/** topics: the statistics of this node's topics that begin with the key, after a name, in order of names. */
export function executeTopics(context: OperationContext): void {
  const { reader, topics, nowMs } = context;
  const { bytes, payloadStart, payloadEnd } = reader;
  const afterStart = payloadStart + topicsHeadBytes;
  if (afterStart > payloadEnd) throw new FrameError('payload cut off');
  const limit = readU16(bytes, payloadStart);
  if (limit > hopLimits.topicReportsMax) throw new FrameError('limit out of range');
  const prefix = latin1(bytes, reader.keyStart, reader.keyLength);
  const after = latin1(bytes, afterStart, payloadEnd - afterStart);
  reportsResult(context, topics.list(reader.namespace, prefix, after, limit, nowMs));
}

function reportsResult(context: OperationContext, reports: readonly TopicReport[]): void {
  const { writer, reader, slots } = context;
  const value = encodeTopicReports(reports);
  // As with large values: it would hold up the other results of its frame.
  if (reader.operationCount > 1 && value.length > hopLimits.ownFrameBytes) return plainResult(context, 'deferred');
  beginResult(context, 'done');
  const at = writer.item(slots.dataEpoch(reader.slot), 0, 0, value.length, '', value.length);
  writer.bytes.set(value, at);
  writer.end();
}
