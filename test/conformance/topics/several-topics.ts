import { describe, expect, it } from 'vitest';
import type { EventStreamReader, StreamEvent } from './event-stream-reader.ts';
import { fresh, type SubjectOf, TopicsCaller, texts } from './subject.ts';

const topicsMax = 32;

interface Envelope {
  readonly topic: string;
  readonly sequence_number: number;
  readonly text: string;
}

export function severalTopicsSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);
  const named = (...names: string[]) => names.map((name) => ['topic', name] as const);
  const envelope = (event: StreamEvent): Envelope => JSON.parse(event.data);
  const messagesOf = (events: readonly StreamEvent[], topic: string) =>
    events.filter(({ event }) => event === 'message').flatMap((event) => textIf(envelope(event), topic));
  const textIf = ({ topic, text }: Envelope, wanted: string) => (topic === wanted ? [text] : []);

  /** Takes messages until there are so many, with whatever else comes between them. */
  const takeMessages = async (stream: EventStreamReader, count: number): Promise<StreamEvent[]> => {
    let messages = 0;
    return stream.until(({ event }) => event === 'message' && ++messages === count);
  };

  describe('several topics', () => {
    it('one stream has each topic’s messages in order, with their topic, number and page', async () => {
      const [a, b, c] = [fresh(), fresh(), fresh()];
      const stream = await topics.following(null, { query: named(a, b, c) });
      const pages = await Promise.all([a, b, c].map(async (topic) => (await topics.publishAll(topic, texts(5))).page));
      const events = await takeMessages(stream, 15);
      for (const [index, topic] of [a, b, c].entries()) {
        expect(messagesOf(events, topic)).toEqual(texts(5));
        const own = events
          .filter(({ event }) => event === 'message')
          .map(envelope)
          .filter((found) => found.topic === topic);
        expect(own.map(({ sequence_number }) => sequence_number)).toEqual([1, 2, 3, 4, 5]);
        expect(own[0]).toEqual({
          topic,
          sequence_number: 1,
          sequence_page: pages[index],
          published_at: expect.stringMatching(/Z$/),
          text: 'text-1',
        });
      }
    });

    it('every event has an id of plain ASCII', async () => {
      const [a, b] = [fresh('größe'), fresh()];
      const stream = await topics.following(null, { query: named(a, b) });
      await topics.publish(a, 'a');
      await topics.publish(b, 'b');
      await takeMessages(stream, 2);
      const events = stream.blocks.flatMap(({ event }) => (event === undefined ? [] : [event]));
      for (const { id } of events) expect(id).toMatch(/^m\.[\x21-\x7e]+$/);
    });

    it('an id resumes every topic where it stood, by header and by parameter', async () => {
      const [a, b] = [fresh(), fresh()];
      const first = await topics.following(null, { query: named(a, b) });
      await topics.publishAll(a, texts(3, 'a'));
      await topics.publishAll(b, texts(2, 'b'));
      const seen = await takeMessages(first, 5);
      first.close();
      await topics.publishAll(b, texts(4, 'b').slice(2));
      await topics.publishAll(a, texts(6, 'a').slice(3));
      // Every position on the way is one to resume from.
      for (let cut = 0; cut < seen.length; cut++) {
        const id = seen[cut]!.id!;
        for (const way of [{ headers: { 'last-event-id': id } }, { lastEventId: id }]) {
          const query = [...named(a, b), ...('lastEventId' in way ? [['last_event_id', id] as const] : [])];
          const stream = await topics.stream(null, { query, ...('headers' in way ? way : {}) });
          const before = seen.slice(0, cut + 1);
          const missing = 10 - before.filter(({ event }) => event === 'message').length;
          const all = [...before, ...(await takeMessages(stream, missing))];
          expect(messagesOf(all, a)).toEqual(texts(6, 'a'));
          expect(messagesOf(all, b)).toEqual(texts(4, 'b'));
          expect(all.filter(({ event }) => event === 'discontinuity')).toEqual([]);
          stream.close();
        }
      }
    });

    it('ids of as many long names as one stream takes still fit a request', async () => {
      const names = Array.from({ length: topicsMax }, () => fresh('n'.repeat(60)));
      const first = await topics.following(null, { query: named(...names) });
      await Promise.all(names.map((name) => topics.publish(name, 'text-1')));
      const last = (await takeMessages(first, topicsMax)).at(-1)!.id!;
      first.close();
      await Promise.all(names.map((name) => topics.publish(name, 'text-2')));
      const second = await topics.stream(null, { query: named(...names), headers: { 'last-event-id': last } });
      expect(second.status).toBe(200);
      const events = await takeMessages(second, topicsMax);
      for (const name of names) expect(messagesOf(events, name)).toEqual(['text-2']);
    });

    it('an id of other topics never passes for caught up', async () => {
      const [a, b, c] = [fresh(), fresh(), fresh()];
      const { page } = await topics.publishAll(c, texts(2));
      const first = await topics.following(null, { query: named(a, b) });
      const { id } = await first.next();
      const stream = await topics.following(null, { query: named(a, c), headers: { 'last-event-id': id! } });
      await topics.publish(c, 'text-3');
      const events = await stream.until(({ event, data }) => event === 'message' && JSON.parse(data).text === 'text-3');
      const announced = events.find(({ event, data }) => event === 'discontinuity' && JSON.parse(data).topic === c);
      // Whatever was left out was announced, with the number of what follows.
      const follow = announced === undefined ? 1 : JSON.parse(announced.data).new_topic_sequence;
      expect(messagesOf(events, c)).toEqual(texts(3).slice(follow - 1));
      if (announced !== undefined) expect(JSON.parse(announced.data).new_sequence_page).toBe(page);
    });

    it('an id that nobody gave out: each topic announces it, then gives what is retained', async () => {
      const [a, c] = [fresh(), fresh()];
      await topics.publishAll(a, texts(1));
      await topics.publishAll(c, texts(2));
      for (const lastEventId of ['1-1', 'm.', 'm.AAAA', 'm.a-b', 'junk', `m${'.1-1-1'.repeat(300)}`]) {
        const headers = { 'last-event-id': lastEventId };
        const stream = await topics.stream(null, { query: named(a, c), headers });
        const events = await takeMessages(stream, 3);
        const announced = events.filter(({ event }) => event === 'discontinuity').map(({ data }) => JSON.parse(data));
        expect(announced.map(({ topic }) => topic).sort(), lastEventId).toEqual([a, c].sort());
        expect(messagesOf(events, a)).toEqual(texts(1));
        expect(messagesOf(events, c)).toEqual(texts(2));
        stream.close();
      }
    });

    it('a discontinuity names its topic, and the others go on without one', async () => {
      const cache = await topics.newCache({ topic_messages_max: 2 });
      const [busy, quiet] = [fresh(), fresh()];
      const first = await topics.following(null, { query: named(busy, quiet), cache });
      await topics.publish(quiet, 'text-1', { cache });
      const { page } = await topics.publish(busy, 'text-1', { cache });
      const { id } = (await takeMessages(first, 2)).at(-1)!;
      await topics.publishAll(busy, texts(6).slice(1), { cache });
      await topics.publish(quiet, 'text-2', { cache });
      const second = await topics.stream(null, { query: named(busy, quiet), cache, headers: { 'last-event-id': id! } });
      const events = await takeMessages(second, 3);
      const announced = events.filter(({ event }) => event === 'discontinuity').map(({ data }) => JSON.parse(data));
      const numbers = { last_topic_sequence: 1, new_topic_sequence: 5, new_sequence_page: page };
      expect(announced).toEqual([{ topic: busy, ...numbers }]);
      expect(messagesOf(events, busy)).toEqual(['text-5', 'text-6']);
      expect(messagesOf(events, quiet)).toEqual(['text-2']);
    });

    it('a stream’s start holds for each topic', async () => {
      const [a, b] = [fresh(), fresh()];
      await topics.publishAll(a, texts(3));
      await topics.publishAll(b, texts(1));
      const stream = await topics.stream(null, { query: [...named(a, b), ['start', '-2']] });
      const events = await takeMessages(stream, 3);
      expect(messagesOf(events, a)).toEqual(['text-2', 'text-3']);
      expect(messagesOf(events, b)).toEqual(['text-1']);
    });

    it('plain events are there on demand', async () => {
      const [a, b] = [fresh(), fresh()];
      const stream = await topics.following(null, { query: [...named(a, b), ['format', 'plain']] });
      await topics.publish(b, Uint8Array.of(1));
      await topics.publish(b, 'text');
      const events = await stream.take(2);
      expect(events.map(({ event, data }) => [event, data])).toEqual([
        ['binary', 'AQ=='],
        ['message', 'text'],
      ]);
    });

    it.each([
      ['none', [['start', 'latest']]],
      ['more than the limit', Array.from({ length: topicsMax + 1 }, (_, index) => ['topic', `t${index}`])],
      [
        'names and a prefix',
        [
          ['topic', 'a'],
          ['topic_prefix', 'b'],
        ],
      ],
      ['an empty name', [['topic', '']]],
      ['a name with a control character', [['topic', 'a\nb']]],
    ] as [string, [string, string][]][])('refuses %s', async (_, query) => {
      const stream = await topics.stream(null, { query });
      expect([stream.status, (await stream.json()).code]).toEqual([400, 'invalid_argument']);
    });
  });

  describe('topic prefix', () => {
    it('follows the topics that are there and those that come, and no others', async () => {
      const prefix = fresh('room:');
      await topics.publish(`${prefix}:old`, 'text-1');
      const stream = await topics.following(null, { query: { topic_prefix: prefix } });
      await topics.publish(`${prefix}:old`, 'text-2');
      await topics.publish(fresh('other'), 'elsewhere');
      await topics.publishAll(`${prefix}:new`, texts(3));
      await topics.publish(`${prefix}:old`, 'text-3');
      const events = await takeMessages(stream, 5);
      expect(messagesOf(events, `${prefix}:old`)).toEqual(['text-2', 'text-3']);
      expect(messagesOf(events, `${prefix}:new`)).toEqual(texts(3));
    });

    it('an id resumes the topics it has seen; those that came since are delivered or announced', async () => {
      const prefix = fresh('room:');
      const first = await topics.following(null, { query: { topic_prefix: prefix } });
      await topics.publish(`${prefix}:a`, 'text-1');
      await topics.publish(`${prefix}:b`, 'text-1');
      const { id } = (await takeMessages(first, 2)).at(-1)!;
      first.close();
      await topics.publishAll(`${prefix}:a`, ['text-2', 'text-3']);
      await topics.publish(`${prefix}:c`, 'text-1');
      const query = { topic_prefix: prefix };
      const second = await topics.following(null, { query, headers: { 'last-event-id': id! } });
      await topics.publish(`${prefix}:a`, 'text-4');
      await topics.publish(`${prefix}:c`, 'text-2');
      const last = new Set([`${prefix}:a text-4`, `${prefix}:c text-2`]);
      const events = await second.until(({ event, data }) => {
        const { topic, text } = JSON.parse(data);
        return event === 'message' && last.delete(`${topic} ${text}`) && last.size === 0;
      });
      expect(messagesOf(events, `${prefix}:a`)).toEqual(['text-2', 'text-3', 'text-4']);
      const ofNew = messagesOf(events, `${prefix}:c`);
      const announced = events.some(({ event, data }) => event === 'discontinuity' && data.includes(`${prefix}:c`));
      expect(announced || ofNew.join() === 'text-1,text-2', `${ofNew}`).toBe(true);
    });

    it('more topics than an id tells of: each goes on where it was, or announces what may be missing', async () => {
      const prefix = fresh('many:');
      const names = texts(130, prefix);
      const publishToAll = (text: string) => topics.publishBatch(names.map((topic) => ({ topic, text })));
      await publishToAll('text-1');
      const query = { topic_prefix: prefix };
      const first = await topics.stream(null, { query: { ...query, start: 'earliest' } });
      const { id } = (await takeMessages(first, names.length)).at(-1)!;
      first.close();
      await publishToAll('text-2');
      const second = await topics.following(null, { query, headers: { 'last-event-id': id! } });
      await publishToAll('text-3');
      const left = new Set(names);
      const events = await second.until(({ event, data }) => {
        const { topic, text } = JSON.parse(data);
        return event === 'message' && text === 'text-3' && left.delete(topic) && left.size === 0;
      });
      const announced = new Map(
        events
          .flatMap(({ event, data }) => (event === 'discontinuity' ? [JSON.parse(data)] : []))
          .map((gap) => [gap.topic, gap]),
      );
      for (const name of names) {
        const next: number = announced.get(name)?.new_topic_sequence ?? 2;
        expect(messagesOf(events, name), `${next}`).toEqual(texts(3).slice(next - 1));
      }
    });
  });
}
