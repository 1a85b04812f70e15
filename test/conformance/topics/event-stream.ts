import { describe, expect, it } from 'vitest';
import { expectProblem } from '../../api/routes/administration.ts';
import { checkpointEvent, fresh, idOf, messageEvent, parsed, type SubjectOf, TopicsCaller, texts } from './subject.ts';

export function eventStreamSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);

  describe('event stream', () => {
    it('head: what no cache keeps, no proxy holds back and any page may read', async () => {
      const headers = { origin: 'https://page.test', 'accept-encoding': 'gzip, br' };
      const stream = await topics.following(fresh(), { headers });
      expect(stream.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'access-control-allow-origin': '*',
      });
      expect(stream.headers['content-encoding']).toBeUndefined();
    });

    it('start: retry goes out at once, then where the stream stands, before anything is published', async () => {
      const topic = fresh();
      const stream = await topics.following(topic);
      expect(stream.text).toMatch(/^retry: \d+\n/);
      const { page } = await topics.publish(topic, 'first');
      expect(parsed(await stream.next())).toEqual(parsed(checkpointEvent({ page, sequence: 0 })));
      expect(await stream.next()).toEqual(messageEvent(page, 1, 'first'));
    });

    it('start: a topic that has messages tells its head', async () => {
      const topic = fresh();
      const head = await topics.publishAll(topic, texts(3));
      const stream = await topics.following(topic);
      expect(parsed(await stream.next())).toEqual(parsed(checkpointEvent(head)));
      await topics.publish(topic, 'live');
      expect(await stream.next()).toEqual(messageEvent(head.page, 4, 'live'));
    });

    it('retry: lies between 1 and 10 s and differs from connection to connection', async () => {
      const topic = fresh();
      const streams = await Promise.all(Array.from({ length: 8 }, () => topics.following(topic)));
      const delays = streams.map(({ blocks }) => blocks.find(({ retry }) => retry !== undefined)!.retry!);
      for (const delay of delays) {
        expect(delay).toBeGreaterThanOrEqual(1_000);
        expect(delay).toBeLessThanOrEqual(10_000);
      }
      expect(new Set(delays).size).toBeGreaterThan(2);
    });

    it('events: text as message, bytes as binary in base64, text with CR as binary, each with its id', async () => {
      const topic = fresh();
      const stream = await topics.following(topic);
      const { page } = await topics.publish(topic, 'one\ntwo\n\nfour\n');
      await topics.publish(topic, Uint8Array.of(0, 1, 2));
      await topics.publish(topic, 'a\r\nb');
      await topics.publish(topic, '');
      await topics.publish(topic, 'plain', { headers: { 'content-type': 'application/octet-stream' } });
      expect(await stream.take(5)).toEqual([
        messageEvent(page, 1, 'one\ntwo\n\nfour\n'),
        { event: 'binary', id: `${page}-2`, data: 'AAEC' },
        { event: 'binary', id: `${page}-3`, data: btoa('a\r\nb') },
        messageEvent(page, 4, ''),
        { event: 'binary', id: `${page}-5`, data: btoa('plain') },
      ]);
      expect(stream.text).not.toContain('\r');
    });

    it('json: an envelope with number, page, time and who, and CR in its text', async () => {
      const topic = fresh();
      const details = [{ type: 'topic', cache: 'default', actions: ['publish'] }];
      const { token } = await topics.issue(details, { disposable: true, token_id: 'user-7' });
      const stream = await topics.following(topic, { query: { format: 'json' } });
      const { page } = await topics.publish(topic, 'a\r\nb');
      await topics.publish(topic, Uint8Array.of(255), { token });
      const [text, binary] = (await stream.take(2)).map(parsed);
      const published_at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const common = { sequence_page: page, published_at };
      expect(text).toEqual({
        event: 'message',
        id: `${page}-1`,
        data: { ...common, sequence_number: 1, text: 'a\r\nb' },
      });
      expect(binary).toEqual({
        event: 'message',
        id: `${page}-2`,
        data: { ...common, sequence_number: 2, token_id: 'user-7', base64: '/w==' },
      });
    });

    it('order: every subscriber at every gateway sees the same messages under the same numbers', async () => {
      const topic = fresh();
      const { baseUrl, subscribeUrl } = topics.subject;
      const gateways = [baseUrl, subscribeUrl, baseUrl, subscribeUrl];
      const streams = await Promise.all(gateways.map((url) => topics.following(topic, { url })));
      const publisher = async (url: string, name: string): Promise<void> => {
        await topics.publishAll(topic, texts(50, name), { url });
      };
      await Promise.all([publisher(baseUrl, 'a'), publisher(subscribeUrl, 'b'), publisher(baseUrl, 'c')]);
      const [first, ...others] = await Promise.all(streams.map((stream) => stream.take(150)));
      const page = Number(first![0]!.id!.split('-')[0]);
      expect(first!.map(({ id }) => id)).toEqual(texts(150).map((_, index) => idOf({ page, sequence: index + 1 })));
      expect(others).toEqual([first, first, first]);
      const ofOne = first!.map(({ data }) => data).filter((data) => data.startsWith('a-'));
      expect(ofOne).toEqual(texts(50, 'a'));
    });

    it('topics do not mix, and neither do caches', async () => {
      const topic = fresh();
      const cache = await topics.newCache();
      const stream = await topics.following(topic);
      await topics.publish(topic, 'of another cache', { cache });
      await topics.publish(`${topic}x`, 'of another topic');
      const { page } = await topics.publish(topic, 'mine');
      expect(await stream.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'mine'));
    });

    it.each(['text/event-stream', 'TEXT/Event-Stream', 'application/json;q=0.5, text/event-stream'])(
      'accept: %s asks for a stream',
      async (accept) => {
        const stream = await topics.stream(fresh(), { headers: { accept } });
        expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream']);
      },
    );

    it('HEAD: answers at once, with nothing behind the head', async () => {
      const url = `${topics.subject.subscribeUrl}${topics.path(fresh())}`;
      const headers = { authorization: `Bearer ${topics.subject.adminToken}` };
      for (const accept of ['text/event-stream', 'application/json']) {
        const answer = await fetch(url, { method: 'HEAD', headers: { ...headers, accept } });
        expect([answer.status, await answer.text()], accept).toEqual([200, '']);
        expect(answer.headers.get('content-type'), accept).toContain(accept);
      }
    });

    it.each([
      ['start', 'sometime'],
      ['start', '3'],
      ['start', ''],
      ['start', '--1'],
      ['format', 'xml'],
      ['checkpoints', 'maybe'],
      ['heartbeat_seconds', '0'],
      ['heartbeat_seconds', '56'],
      ['heartbeat_seconds', '1.5'],
      ['last_event_id', 'nonsense'],
      ['sequence_number', '-1'],
      ['sequence_page', 'x'],
    ])('refuses %s=%s', async (name, value) => {
      const stream = await topics.stream(fresh(), { query: { [name]: value } });
      const answer = { status: stream.status, json: await stream.json(), headers: new Headers(), text: '' };
      answer.headers.set('content-type', stream.headers['content-type']!);
      expectProblem(answer, 400, 'invalid_argument');
    });

    it('refuses a parameter given twice, and a cache that is not there', async () => {
      const twice = [
        ['start', 'latest'],
        ['start', 'earliest'],
      ] as const;
      expect((await topics.stream(fresh(), { query: twice })).status).toBe(400);
      const absent = await topics.stream(fresh(), { cache: fresh('cache') });
      expect([absent.status, (await absent.json()).code]).toEqual([404, 'cache_not_found']);
    });
  });
}
