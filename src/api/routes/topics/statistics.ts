import { z } from 'zod';
import type { TopicReport } from '../../../shared/frame/topic-results.ts';
import { topicNameSchema } from './topic.ts';

export const topicStatisticsSchema = z
  .strictObject({
    topic: topicNameSchema,
    sequence_page: z.int().nonnegative().meta({ description: '0 for a topic that is not known.' }),
    sequence_number: z.int().nonnegative().meta({ description: 'Of the last message; 0 when there was none.' }),
    subscribers: z.int().nonnegative().meta({ description: 'Streams and polls that follow it now, at all gateways.' }),
    retained_messages: z.int().nonnegative().meta({ description: 'Messages kept for those who come back.' }),
    retained_bytes: z.int().nonnegative().meta({ description: 'Bytes that they take, with what belongs to them.' }),
    messages_per_second: z.number().nonnegative().meta({ description: 'Average of the last minute.' }),
    bytes_per_second: z.number().nonnegative().meta({ description: 'Average of the last minute.' }),
  })
  .meta({ id: 'TopicStatistics', description: 'What its storage node tells of a topic.' });

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A node's report as the API answers it. */
export function describeTopic(report: TopicReport): z.infer<typeof topicStatisticsSchema> {
  return {
    topic: nameOf(report),
    sequence_page: report.page,
    sequence_number: report.sequence,
    subscribers: report.subscribers,
    retained_messages: report.retainedMessages,
    retained_bytes: report.retainedBytes,
    messages_per_second: toThousandths(report.messagesPerSecond),
    bytes_per_second: toThousandths(report.bytesPerSecond),
  };
}

/** The text of a report's name. */
export function nameOf({ name }: TopicReport): string {
  return decoder.decode(Uint8Array.from(name, (character) => character.charCodeAt(0)));
}

function toThousandths(rate: number): number {
  return Math.round(rate * 1_000) / 1_000;
}
