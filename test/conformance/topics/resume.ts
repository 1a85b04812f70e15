import { describe, expect, it, vi } from 'vitest';
import {
  checkpointEvent,
  discontinuityEvent,
  fresh,
  idOf,
  messageEvent,
  type Position,
  parsed,
  type SubjectOf,
  TopicsCaller,
  texts,
} from './subject.ts';

const patience = { timeout: 10_000, interval: 100 };

export function resumeSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);

  const messages = (page: number, from: number, to: number) =>
    texts(to)
      .map((text, index) => messageEvent(page, index + 1, text))
      .slice(from - 1);
  const header = (id: string) => ({ 'last-event-id': id });

  describe('resume', () => {
    it('the header, the query and the numbers go on after the same message, and miss none', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(6));
      const position = idOf({ page, sequence: 2 });
      const ways = [
        { headers: header(position) },
        { query: { last_event_id: position } },
        { query: { sequence_number: '3', sequence_page: `${page}` } },
      ];
      for (const way of ways) {
        const stream = await topics.stream(topic, way);
        const seen = await stream.until(({ id }) => id === idOf({ page, sequence: 6 }));
        expect(seen, JSON.stringify(way)).toEqual(messages(page, 3, 6));
        stream.close();
      }
    });

    it('the header wins over every parameter, as a browser’s reconnect needs', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(4));
      const query = { last_event_id: idOf({ page, sequence: 1 }) };
      const start = { start: 'earliest' };
      const numbers = { sequence_number: '1', sequence_page: `${page}` };
      for (const parameters of [query, start, numbers]) {
        const headers = header(idOf({ page, sequence: 3 }));
        const stream = await topics.stream(topic, { headers, query: parameters });
        expect(await stream.next(), JSON.stringify(parameters)).toEqual(messageEvent(page, 4, 'text-4'));
        stream.close();
      }
    });

    it('at the head: a checkpoint, then what comes', async () => {
      const topic = fresh();
      const head = await topics.publishAll(topic, texts(2));
      const stream = await topics.following(topic, { headers: header(idOf(head)) });
      expect(parsed(await stream.next())).toEqual(parsed(checkpointEvent(head)));
      await topics.publish(topic, 'text-3');
      expect(await stream.next()).toEqual(messageEvent(head.page, 3, 'text-3'));
    });

    it('a checkpoint’s id is a position like any other: nothing published after it is missed', async () => {
      const topic = fresh();
      const first = await topics.following(topic);
      const { id } = await first.next();
      first.close();
      const { page } = await topics.publishAll(topic, texts(3));
      const second = await topics.stream(topic, { headers: header(id!) });
      expect(await second.take(3)).toEqual(messages(page, 1, 3));
    });

    it('cut again and again while messages come: each once, in order', async () => {
      const topic = fresh();
      const count = 120;
      let last = (await (await topics.following(topic)).next()).id!;
      const publishing = topics.publishAll(topic, texts(count));
      const seen: string[] = [];
      const { baseUrl, subscribeUrl } = topics.subject;
      for (let cut = 0; seen.length < count; cut++) {
        const url = cut % 2 === 0 ? baseUrl : subscribeUrl;
        const stream = await topics.stream(topic, { headers: header(last), url });
        for (const event of await stream.take(Math.min(1 + (cut % 7), count - seen.length))) {
          expect(event.event).toBe('message');
          seen.push(event.data);
          last = event.id!;
        }
        stream.close();
      }
      await publishing;
      expect(seen).toEqual(texts(count));
    });
  });

  describe('discontinuity', () => {
    it('a number beyond the head is announced, never taken for caught up', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(3));
      const ways = [
        { headers: header(idOf({ page, sequence: 9 })) },
        { query: { last_event_id: idOf({ page, sequence: 9 }) } },
        { query: { sequence_number: '10', sequence_page: `${page}` } },
      ];
      for (const way of ways) {
        const stream = await topics.stream(topic, way);
        const [announced, ...events] = await stream.take(4);
        const expected = discontinuityEvent(9, { page, sequence: 1 });
        expect(parsed(announced!), JSON.stringify(way)).toEqual(parsed(expected));
        expect(events).toEqual(messages(page, 1, 3));
        stream.close();
      }
    });

    it('another page is announced with the new one, then comes what is retained', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(2));
      for (const other of [1, page - 1, page + 1]) {
        const stream = await topics.stream(topic, { headers: header(idOf({ page: other, sequence: 2 })) });
        const [announced, ...events] = await stream.take(3);
        expect(parsed(announced!)).toEqual(parsed(discontinuityEvent(2, { page, sequence: 1 })));
        expect(events).toEqual(messages(page, 1, 2));
        stream.close();
      }
    });

    it('an id of a topic that has no messages is announced too, and the stream goes on live', async () => {
      const topic = fresh();
      const stream = await topics.following(topic, { headers: header('1-7') });
      const announced = await stream.next();
      expect(announced.event).toBe('discontinuity');
      const { page } = await topics.publish(topic, 'text-1');
      expect(parsed(announced)).toEqual(parsed(discontinuityEvent(7, { page, sequence: 1 })));
      expect(await stream.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'text-1'));
    });

    it('a malformed header is an unknown position: announced, with what is retained', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(2));
      const stream = await topics.stream(topic, { headers: header('not-an-id') });
      const [announced, ...events] = await stream.take(3);
      expect(announced).toMatchObject({ event: 'discontinuity', id: idOf({ page, sequence: 0 }) });
      expect(JSON.parse(announced!.data)).toMatchObject({ new_topic_sequence: 1, new_sequence_page: page });
      expect(events).toEqual(messages(page, 1, 2));
    });

    it('its own id is where to go on', async () => {
      const topic = fresh();
      await topics.publishAll(topic, texts(3));
      const first = await topics.stream(topic, { headers: header('1-1') });
      const announced = await first.next();
      first.close();
      const second = await topics.stream(topic, { headers: header(announced.id!) });
      expect((await second.take(3)).map(({ data }) => data)).toEqual(texts(3));
    });
  });

  describe('retained log', () => {
    const resumed = async (topic: string, cache: string, { page, sequence }: Position) =>
      topics.stream(topic, { cache, headers: header(idOf({ page, sequence })) });

    it('count: a resume inside it is gap-free, one before it announces what is gone', async () => {
      const cache = await topics.newCache({ topic_messages_max: 3 });
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(10), { cache });
      const inside = await resumed(topic, cache, { page, sequence: 7 });
      expect(await inside.take(3)).toEqual(messages(page, 8, 10));
      const before = await resumed(topic, cache, { page, sequence: 6 });
      const [announced, ...events] = await before.take(4);
      expect(parsed(announced!)).toEqual(parsed(discontinuityEvent(6, { page, sequence: 8 })));
      expect(events).toEqual(messages(page, 8, 10));
    });

    it('bytes: holds no more than its cache says', async () => {
      const cache = await topics.newCache({ topic_log_bytes_max: 8_192 });
      const topic = fresh();
      const bodies = texts(20).map((text) => text.padEnd(1_000, '.'));
      const head = await topics.publishAll(topic, bodies, { cache });
      const stream = await resumed(topic, cache, { page: head.page, sequence: 1 });
      const [announced, ...events] = await stream.until(({ id }) => id === idOf(head));
      const from = JSON.parse(announced!.data).new_topic_sequence as number;
      expect(parsed(announced!)).toEqual(parsed(discontinuityEvent(1, { page: head.page, sequence: from })));
      expect(events.map(({ data }) => data)).toEqual(bodies.slice(from - 1));
      expect(events.length).toBeGreaterThanOrEqual(4);
      expect(events.length).toBeLessThanOrEqual(8);
    });

    it('bytes: the newest message is kept whatever its size, so that a reader who was cut off gets it', async () => {
      const cache = await topics.newCache({ topic_log_bytes_max: 1_000 });
      const topic = fresh();
      const bodies = texts(2).map((text) => text.padEnd(100_000, '.'));
      const { page } = await topics.publishAll(topic, bodies, { cache });
      const stream = await resumed(topic, cache, { page, sequence: 1 });
      expect(await stream.next()).toEqual(messageEvent(page, 2, bodies[1]!));
    });

    it('age: what is older than its cache says is gone, and that is announced', async () => {
      const cache = await topics.newCache({ topic_retention_ms: 1_000 });
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(2), { cache });
      await vi.waitFor(async () => {
        const stream = await resumed(topic, cache, { page, sequence: 1 });
        const event = await stream.next();
        stream.close();
        expect(parsed(event)).toEqual(parsed(discontinuityEvent(1, { page, sequence: 3 })));
      }, patience);
      // The head itself is known without the log.
      const stream = await resumed(topic, cache, { page, sequence: 2 });
      expect((await stream.next()).event).toBe('checkpoint');
    });
  });

  describe('start', () => {
    it('earliest gives what is retained, -N the last of it, latest nothing', async () => {
      const topic = fresh();
      const head = await topics.publishAll(topic, texts(5));
      const { page } = head;
      for (const [start, from] of [
        ['earliest', 1],
        ['-2', 4],
        ['-5', 1],
        ['-1000', 1],
      ] as const) {
        const stream = await topics.stream(topic, { query: { start } });
        const seen = await stream.until(({ id }) => id === idOf(head));
        expect(seen, start).toEqual(messages(page, from, 5));
        stream.close();
      }
      const latest = await topics.following(topic, { query: { start: 'latest' } });
      expect((await latest.next()).event).toBe('checkpoint');
    });

    it('earliest of a topic without messages is a checkpoint and goes on live', async () => {
      const topic = fresh();
      const stream = await topics.following(topic, { query: { start: 'earliest' } });
      expect((await stream.next()).event).toBe('checkpoint');
      const { page } = await topics.publish(topic, 'text-1');
      expect(await stream.next()).toEqual(messageEvent(page, 1, 'text-1'));
    });
  });
}
