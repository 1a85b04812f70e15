import { describe, expect, it } from 'vitest';
import type { EventStreamReader } from './event-stream-reader.ts';
import { checkpointEvent, fresh, idOf, messageEvent, parsed, type SubjectOf, TopicsCaller, texts } from './subject.ts';

export function livenessSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);

  describe('liveness', () => {
    it('heartbeats: comments between which messages come unharmed', async () => {
      const topic = fresh();
      const stream = await topics.following(topic, { query: { heartbeat_seconds: '1' } });
      const beats = () => stream.blocks.filter(({ comments }) => comments.includes('heartbeat')).length;
      await stream.waitForBlocks(() => beats() >= 2);
      const { page } = await topics.publish(topic, 'text-1');
      expect(await stream.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'text-1'));
      const before = beats();
      await stream.waitForBlocks(() => beats() > before);
      const events = stream.blocks.filter(({ event }) => event !== undefined);
      expect(events.map(({ event }) => event!.event)).toEqual(['checkpoint', 'message']);
    });

    it('checkpoints: instead of comments, with the position as id and as data', async () => {
      const topic = fresh();
      const query = { heartbeat_seconds: '1', checkpoints: 'true' };
      const stream = await topics.following(topic, { query });
      await stream.next();
      const head = await topics.publishAll(topic, texts(3));
      expect((await stream.take(3)).map(({ data }) => data)).toEqual(texts(3));
      expect(parsed(await stream.next())).toEqual(parsed(checkpointEvent(head)));
      expect(stream.blocks.flatMap(({ comments }) => comments)).not.toContain('heartbeat');
      stream.close();
      const again = await topics.stream(topic, { headers: { 'last-event-id': `${head.page}-${head.sequence}` } });
      await topics.publish(topic, 'text-4');
      expect(await again.nextBeyondCheckpoints()).toEqual(messageEvent(head.page, 4, 'text-4'));
    });

    it('checkpoints of several topics carry an id that resumes each', async () => {
      const [a, b] = [fresh(), fresh()];
      const query = [
        ['topic', a],
        ['topic', b],
        ['heartbeat_seconds', '1'],
        ['checkpoints', 'true'],
      ] as const;
      const stream = await topics.following(null, { query });
      await topics.publish(a, 'text-1');
      await stream.nextBeyondCheckpoints();
      const { id } = await stream.next();
      stream.close();
      await topics.publish(a, 'text-2');
      await topics.publish(b, 'text-1');
      const again = await topics.stream(null, { query, headers: { 'last-event-id': id! } });
      const seen = (await again.take(2)).map(({ data }) => JSON.parse(data).text);
      expect(seen.sort()).toEqual(['text-1', 'text-2']);
    });

    it('joining while messages come: from where each begins, none is left out and none comes twice', async () => {
      const topic = fresh();
      const count = 300;
      const { baseUrl, subscribeUrl } = topics.subject;
      const publishing = topics.publishAll(topic, texts(count));
      const streams: EventStreamReader[] = [];
      for (let joined = 0; joined < 30; joined++) {
        const query = { start: joined % 3 === 0 ? 'earliest' : joined % 3 === 1 ? '-5' : 'latest' };
        streams.push(await topics.stream(topic, { query, url: joined % 2 === 0 ? baseUrl : subscribeUrl }));
      }
      const { page } = await publishing;
      const last = idOf({ page, sequence: count });
      for (const stream of streams) {
        const seen = await stream.until(({ id }) => id === last);
        const numbers = seen.map(({ id }) => Number(id!.split('-')[1]));
        expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
        expect(seen.map(({ event }) => event)).not.toContain('discontinuity');
      }
    });

    it('a subscriber that does not read: others get all at once, and it learns what it missed', async () => {
      const topic = fresh();
      const count = 1_200;
      const bodies = texts(count).map((text) => text.padEnd(20_000, '.'));
      const [slow, quick] = [await topics.following(topic), await topics.following(topic)];
      slow.pause();
      const { page } = await topics.publishAll(topic, bodies);
      expect((await quick.take(count)).map(({ data }) => data)).toEqual(bodies);
      slow.resume();
      const seen = await slow.until(({ id, event }) => event === 'message' && id === idOf({ page, sequence: count }));
      let position = 0;
      const gaps: object[] = [];
      for (const { event, id, data } of seen.filter((one) => one.event !== 'checkpoint')) {
        const sequence = Number(id!.split('-')[1]);
        if (event === 'discontinuity') {
          gaps.push(JSON.parse(data));
          expect(gaps.at(-1)).toEqual({
            last_topic_sequence: position,
            new_topic_sequence: sequence + 1,
            new_sequence_page: page,
          });
        } else {
          expect(sequence).toBe(position + 1);
          expect(data).toBe(bodies[sequence - 1]);
        }
        position = sequence;
      }
      // 24 MB are more than the connection and the retained log of 1 MiB hold.
      expect(gaps.length).toBeGreaterThan(0);
    });

    it('a subscriber that goes leaves the others undisturbed', async () => {
      const topic = fresh();
      const [staying, going] = [await topics.following(topic), await topics.following(topic)];
      const { page } = await topics.publish(topic, 'text-1');
      await going.take(1);
      going.close();
      await topics.publishAll(topic, texts(20).slice(1));
      const seen = await staying.take(20);
      expect(seen).toEqual(texts(20).map((text, index) => messageEvent(page, index + 1, text)));
    });
  });
}
