/**
 * The contract of topics as a suite for any server of it: Server-Sent Events, long polls, publishing and what
 * stands around them. A subject is base URLs and a token; everything else goes over HTTP.
 */
import { afterEach, describe } from 'vitest';
import { batchPublishSuite } from './batch-publish.ts';
import { endingsSuite } from './endings.ts';
import { eventStreamSuite } from './event-stream.ts';
import { closeStreams } from './event-stream-reader.ts';
import { livenessSuite } from './liveness.ts';
import { longPollSuite } from './long-poll.ts';
import { topicPermissionsSuite } from './permissions.ts';
import { publishSuite } from './publish.ts';
import { resumeSuite } from './resume.ts';
import { severalTopicsSuite } from './several-topics.ts';
import { topicStatisticsSuite } from './statistics.ts';
import type { SubjectOf } from './subject.ts';

/** What is subscribed to with `Accept: text/event-stream`. */
export function eventStreamConformance(name: string, subject: SubjectOf): void {
  describe(`topics as event streams: ${name}`, () => {
    afterEach(closeStreams);
    eventStreamSuite(subject);
    resumeSuite(subject);
    severalTopicsSuite(subject);
    livenessSuite(subject);
    endingsSuite(subject);
  });
}

/** Publishing, long polls, rights and statistics. */
export function topicsConformance(name: string, subject: SubjectOf): void {
  describe(`topics: ${name}`, () => {
    afterEach(closeStreams);
    publishSuite(subject);
    batchPublishSuite(subject);
    longPollSuite(subject);
    topicPermissionsSuite(subject);
    topicStatisticsSuite(subject);
  });
}
