import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectProblem } from '../../api/routes/administration.ts';
import { fresh, type SubjectOf, TopicsCaller, texts } from './subject.ts';

interface PolledItem {
  readonly topic_sequence_number: number;
  readonly sequence_page: number;
  readonly value: { readonly text: string };
}

export function longPollSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);
  const next = (headers: Headers) => ({
    sequence_number: Number(headers.get('godwit-next-sequence-number')),
    sequence_page: Number(headers.get('godwit-sequence-page')),
  });
  const numbersOf = (items: readonly { item?: PolledItem }[]) => items.map(({ item }) => item?.topic_sequence_number);

  describe('long poll', () => {
    it('answers in the shape of Momento’s HTTP API', async () => {
      const topic = fresh();
      const details = [{ type: 'topic', cache: 'default', actions: ['publish'] }];
      const { token } = await topics.issue(details, { disposable: true, token_id: 'user-7' });
      const { page } = await topics.publish(topic, 'héllo');
      await topics.publish(topic, Uint8Array.of(255, 0), { token });
      const answer = await topics.poll(topic, { sequence_number: 1, sequence_page: page });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const published_at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const common = { sequence_page: page, published_at };
      expect(answer.json).toEqual({
        items: [
          { item: { ...common, topic_sequence_number: 1, value: { text: 'héllo' } } },
          { item: { ...common, topic_sequence_number: 2, value: { binary: '/wA=' }, token_id: 'user-7' } },
        ],
      });
      expect(next(answer.headers)).toEqual({ sequence_number: 3, sequence_page: page });
    });

    it('nothing in the wait: an empty list, and where to go on', async () => {
      const topic = fresh();
      const head = await topics.publish(topic, 'before');
      for (const wait_seconds of [0, 1]) {
        const { status, json, headers } = await topics.poll(topic, { wait_seconds });
        expect([status, json]).toEqual([200, { items: [] }]);
        expect(next(headers)).toEqual({ sequence_number: 2, sequence_page: head.page });
      }
    });

    it('waits, and answers with what comes', async () => {
      const topic = fresh();
      const polled = topics.poll(topic, { wait_seconds: 20 });
      // The poll is there once the topic counts it.
      for (let subscribers = 0; subscribers === 0; await sleep(20)) {
        const { json, status } = await topics.get(`${topics.path(topic)}/statistics`);
        subscribers = status === 200 ? json.subscribers : 0;
      }
      const { page } = await topics.publish(topic, 'awaited');
      const { json } = await polled;
      expect(json.items).toMatchObject([{ item: { topic_sequence_number: 1, value: { text: 'awaited' } } }]);
      expect(json.items[0].item.sequence_page).toBe(page);
    });

    it('numbers of 0 mean from now on, as in Momento’s first call', async () => {
      const topic = fresh();
      await topics.publish(topic, 'before');
      const { json, headers } = await topics.poll(topic, { sequence_number: 0, sequence_page: 0, wait_seconds: 0 });
      expect(json).toEqual({ items: [] });
      expect(next(headers).sequence_number).toBe(2);
    });

    it('start: earliest and -N, as in the stream', async () => {
      const topic = fresh();
      await topics.publishAll(topic, texts(5));
      const earliest = await topics.poll(topic, { start: 'earliest' });
      expect(numbersOf(earliest.json.items)).toEqual([1, 2, 3, 4, 5]);
      expect(numbersOf((await topics.poll(topic, { start: -2 })).json.items)).toEqual([4, 5]);
      expect((await topics.poll(topic, { start: 'latest', wait_seconds: 0 })).json.items).toEqual([]);
    });

    it('repeated with the position of the answer before: every message once, in order', async () => {
      const topic = fresh();
      const count = 150;
      const first = await topics.poll(topic, { wait_seconds: 0 });
      expect(first.json).toEqual({ items: [] });
      const publishing = topics.publishAll(topic, texts(count));
      let position = next(first.headers);
      const seen: string[] = [];
      const { baseUrl, subscribeUrl } = topics.subject;
      for (let poll = 0; seen.length < count; poll++) {
        const url = poll % 2 === 0 ? baseUrl : subscribeUrl;
        const { json, headers } = await topics.poll(topic, { ...position, wait_seconds: 5 }, { url });
        expect(json.items.length).toBeGreaterThan(0);
        expect(numbersOf(json.items)[0]).toBe(position.sequence_number);
        seen.push(...json.items.map(({ item }: { item: PolledItem }) => item.value.text));
        position = next(headers);
      }
      await publishing;
      expect(seen).toEqual(texts(count));
      expect(position.sequence_number).toBe(count + 1);
    });

    it('messages larger than one answer come in several, none left out', async () => {
      const cache = await topics.newCache({ topic_log_bytes_max: 16 * 1024 * 1024 });
      const topic = fresh();
      const bodies = texts(6).map((text) => text.padEnd(1_000_000, '.'));
      await topics.publishAll(topic, bodies, { cache });
      let position: Record<string, number | string> = { start: 'earliest' };
      const seen: string[] = [];
      while (seen.length < bodies.length) {
        const { json, headers } = await topics.poll(topic, position, { cache });
        expect(json.items.length).toBeGreaterThan(0);
        seen.push(...json.items.map(({ item }: { item: PolledItem }) => item.value.text));
        position = next(headers);
      }
      expect(seen.map((text) => text.length)).toEqual(bodies.map((text) => text.length));
      expect(seen).toEqual(bodies);
    });

    it('discontinuity: another page and a number beyond the head are announced, then comes what is retained', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(2));
      for (const [sequence_number, sequence_page] of [
        [2, page - 1],
        [9, page],
      ] as const) {
        const { json, headers } = await topics.poll(topic, { sequence_number, sequence_page });
        expect(json.items[0]).toEqual({
          discontinuity: {
            last_topic_sequence: sequence_number - 1,
            new_topic_sequence: 1,
            new_sequence_page: page,
          },
        });
        expect(numbersOf(json.items.slice(1))).toEqual([1, 2]);
        expect(next(headers)).toEqual({ sequence_number: 3, sequence_page: page });
      }
    });

    it('discontinuity: one alone is an answer, as soon as it is there', async () => {
      const topic = fresh();
      const { json, headers } = await topics.poll(topic, { sequence_number: 5, sequence_page: 1, wait_seconds: 20 });
      const { sequence_number, sequence_page } = next(headers);
      expect(json.items).toEqual([
        { discontinuity: { last_topic_sequence: 4, new_topic_sequence: 1, new_sequence_page: sequence_page } },
      ]);
      expect(await topics.publish(topic, 'a')).toEqual({ page: sequence_page, sequence: sequence_number });
    });

    it('discontinuity: a page that is not known yet is told, or the number is what follows', async () => {
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(3));
      const { json } = await topics.poll(topic, { sequence_number: 2, sequence_page: 0 });
      const [first, ...others] = json.items;
      const follows = numbersOf(others);
      if (first.discontinuity === undefined) expect([first.item.topic_sequence_number, ...follows]).toEqual([2, 3]);
      else {
        expect(first.discontinuity.new_sequence_page).toBe(page);
        expect(follows[0]).toBe(first.discontinuity.new_topic_sequence);
      }
    });

    it('discontinuity: messages that the log has dropped', async () => {
      const cache = await topics.newCache({ topic_messages_max: 2 });
      const topic = fresh();
      const { page } = await topics.publishAll(topic, texts(6), { cache });
      const { json } = await topics.poll(topic, { sequence_number: 2, sequence_page: page }, { cache });
      expect(json.items[0]).toEqual({
        discontinuity: { last_topic_sequence: 1, new_topic_sequence: 5, new_sequence_page: page },
      });
      expect(numbersOf(json.items.slice(1))).toEqual([5, 6]);
    });

    it.each([
      { wait_seconds: -1 },
      { wait_seconds: 56 },
      { wait_seconds: 'long' },
      { sequence_number: -1 },
      { sequence_number: '1e3' },
      { sequence_page: '9007199254740992' },
      { start: 'sometime' },
    ])('refuses %j', async (query) => {
      expectProblem(await topics.poll(fresh(), query), 400, 'invalid_argument');
    });

    it('a cache that is not there is 404', async () => {
      expectProblem(await topics.poll(fresh(), {}, { cache: fresh('cache') }), 404, 'cache_not_found');
    });

    it('a browser’s page may read it, its positions too', async () => {
      const headers = { origin: 'https://page.test' };
      const answer = await topics.poll(fresh(), { wait_seconds: 0 }, { headers });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      const exposed = answer.headers.get('access-control-expose-headers')!.toLowerCase();
      for (const name of ['godwit-next-sequence-number', 'godwit-sequence-page', 'godwit-sequence-number'])
        expect(exposed === '*' || exposed.split(/, */).includes(name), name).toBe(true);
    });
  });
}
