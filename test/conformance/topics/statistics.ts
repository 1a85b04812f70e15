import { describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../../api/routes/administration.ts';
import { fresh, type SubjectOf, TopicsCaller, texts } from './subject.ts';

const patience = { timeout: 10_000, interval: 100 };

export function topicStatisticsSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);
  const statistics = (topic: string) => topics.get(`${topics.path(topic)}/statistics`);

  describe('statistics', () => {
    it('tell the head, what is retained, and rates', async () => {
      const topic = fresh();
      const head = await topics.publishAll(topic, texts(3));
      const { status, json, headers } = await statistics(topic);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(json).toEqual({
        topic,
        sequence_page: head.page,
        sequence_number: 3,
        subscribers: 0,
        retained_messages: 3,
        retained_bytes: expect.any(Number),
        messages_per_second: expect.any(Number),
        bytes_per_second: expect.any(Number),
      });
      expect(json.retained_bytes).toBeGreaterThanOrEqual(texts(3).join('').length);
      expect(json.messages_per_second).toBeGreaterThanOrEqual(0);
    });

    it('count the subscribers of every gateway, and those that went no more', async () => {
      const topic = fresh();
      const { baseUrl, subscribeUrl } = topics.subject;
      const streams = await Promise.all(
        [baseUrl, subscribeUrl, subscribeUrl].map((url) => topics.following(topic, { url })),
      );
      const expectSubscribers = (count: number) =>
        vi.waitFor(async () => expect((await statistics(topic)).json.subscribers).toBe(count), patience);
      await expectSubscribers(3);
      streams[1]!.close();
      await expectSubscribers(2);
      for (const stream of streams) stream.close();
      await expectSubscribers(0);
    });

    it('list: the active topics of a cache, by prefix, page by page, each once', async () => {
      const cache = await topics.newCache();
      const names = [...texts(7, 'list:a'), ...texts(2, 'other')];
      for (const name of names) await topics.publish(name, 'x', { cache });
      const all = await topics.get(topics.path(null, cache));
      expect(all.status).toBe(200);
      expect(all.json.topics.map(({ topic }: { topic: string }) => topic).sort()).toEqual([...names].sort());
      const seen: string[] = [];
      let query: Record<string, string> = { topic_prefix: 'list:', limit: '3' };
      for (let pages = 0; pages < 10; pages++) {
        const { json } = await topics.get(topics.path(null, cache), { query });
        expect(json.topics.length).toBeLessThanOrEqual(3);
        for (const one of json.topics) {
          expect(one).toMatchObject({ sequence_number: 1, subscribers: 0, retained_messages: 1 });
          seen.push(one.topic);
        }
        if (json.next_token === undefined) break;
        query = { ...query, next_token: json.next_token };
      }
      expect(seen.sort()).toEqual(texts(7, 'list:a').sort());
    });

    it('list: shows a token no topic that it may not subscribe to', async () => {
      const cache = await topics.newCache();
      for (const name of ['mine:1', 'mine:2', 'other']) await topics.publish(name, 'x', { cache });
      const mine = await topics.topicToken(['subscribe'], { prefix: 'mine:' }, cache);
      for (const query of [{ topic_prefix: 'mine:' }, { topic_prefix: 'other' }, {}]) {
        const answer = await topics.get(topics.path(null, cache), { token: mine, query });
        if (answer.status !== 200) expectProblem(answer, 403, 'permission_denied');
        else for (const { topic } of answer.json.topics) expect(topic).toMatch(/^mine:/);
      }
      const granted = await topics.get(topics.path(null, cache), { token: mine, query: { topic_prefix: 'mine:' } });
      expect(granted.json.topics).toHaveLength(2);
      const publisher = await topics.topicToken(['publish'], '*', cache);
      const none = await topics.get(topics.path(null, cache), { token: publisher });
      expect(none.status === 403 || none.json.topics.length === 0).toBe(true);
    });

    it.each(['limit=0', 'limit=ten', 'limit=1&limit=2', 'next_token=%00'])('list: refuses %s', async (query) => {
      expectProblem(await topics.get(`${topics.path(null)}?${query}`), 400, 'invalid_argument');
    });

    it('list: of a cache that is not there is 404', async () => {
      expectProblem(await topics.get(topics.path(null, fresh('cache'))), 404, 'cache_not_found');
    });
  });
}
