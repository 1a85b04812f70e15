import { describe, expect, it } from 'vitest';
import { expectProblem } from '../../api/routes/administration.ts';
import { fresh, type SubjectOf, TopicsCaller } from './subject.ts';

export function topicPermissionsSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);

  /** Status of each call on a topic. */
  const statuses = async (topic: string, token: string | null) => {
    const stream = await topics.stream(topic, { token });
    stream.close();
    return {
      publish: (await topics.publishAnswer(topic, 'a', { token })).status,
      stream: stream.status,
      poll: (await topics.poll(topic, { wait_seconds: 0 }, { token })).status,
      statistics: (await topics.get(`${topics.path(topic)}/statistics`, { token })).status,
    };
  };
  const subscriber = { stream: 200, poll: 200, statistics: 200 };
  const noSubscriber = { stream: 403, poll: 403, statistics: 403 };

  describe('permissions', () => {
    it('publish and subscribe are granted apart', async () => {
      const topic = fresh();
      await topics.publish(topic, 'there');
      expect(await statuses(topic, await topics.topicToken(['publish']))).toEqual({ publish: 204, ...noSubscriber });
      expect(await statuses(topic, await topics.topicToken(['subscribe']))).toEqual({ publish: 403, ...subscriber });
      const both = await topics.topicToken(['publish', 'subscribe']);
      expect(await statuses(topic, both)).toEqual({ publish: 204, ...subscriber });
    });

    it('rights to items are none to topics', async () => {
      const { token } = await topics.issue([{ type: 'cache', cache: '*', actions: ['read', 'write'] }]);
      expect(await statuses(fresh(), token)).toEqual({ publish: 403, ...noSubscriber });
    });

    it('a token for one name or prefix reaches these topics, as their names are after decoding', async () => {
      const name = fresh('a/b ö');
      const byName = await topics.topicToken(['publish', 'subscribe'], { name });
      const byPrefix = await topics.topicToken(['publish', 'subscribe'], { prefix: name });
      expect(await statuses(name, byName)).toEqual({ publish: 204, ...subscriber });
      expect(await statuses(`${name}/more`, byName)).toEqual({ publish: 403, ...noSubscriber });
      expect(await statuses(name, byPrefix)).toEqual({ publish: 204, ...subscriber });
      expect((await statuses(`${name}/more`, byPrefix)).publish).toBe(204);
      expect(await statuses(name.slice(0, -1), byPrefix)).toEqual({ publish: 403, ...noSubscriber });
    });

    it('a token for one cache reaches no other, and does not learn whether that exists', async () => {
      const cache = await topics.newCache();
      const token = await topics.topicToken(['publish', 'subscribe'], '*', cache);
      expect((await topics.publishAnswer(fresh(), 'a', { token, cache })).status).toBe(204);
      const existing = await topics.poll('t', { wait_seconds: 0 }, { token });
      expectProblem(existing, 403, 'permission_denied');
      const absent = await topics.poll('t', { wait_seconds: 0 }, { token, cache: fresh('cache') });
      expect(absent.json).toEqual(existing.json);
    });

    it('a stream of several topics needs the right to each', async () => {
      const [mine, foreign] = [fresh('mine'), fresh('foreign')];
      const token = await topics.topicToken(['subscribe'], { prefix: 'mine' });
      const status = async (query: readonly (readonly [string, string])[]) => {
        const stream = await topics.stream(null, { token, query });
        stream.close();
        return stream.status;
      };
      expect(await status([['topic', mine]])).toBe(200);
      expect(
        await status([
          ['topic', mine],
          ['topic', foreign],
        ]),
      ).toBe(403);
    });

    it('a prefix needs the right to all that it selects', async () => {
      const token = await topics.topicToken(['subscribe'], { prefix: 'mine:' });
      for (const [prefix, status] of [
        ['mine:', 200],
        ['mine:x', 200],
        ['mine', 403],
        ['other', 403],
        ['', 403],
      ] as const) {
        const stream = await topics.stream(null, { token, query: { topic_prefix: prefix } });
        expect(stream.status, prefix).toBe(status);
        stream.close();
      }
      const byName = await topics.topicToken(['subscribe'], { name: 'mine:x' });
      const stream = await topics.stream(null, { token: byName, query: { topic_prefix: 'mine:x' } });
      expect(stream.status).toBe(403);
    });

    it('no token is 401, a broken one too, and ?token= does what the header does', async () => {
      const topic = fresh();
      const none = { publish: 401, stream: 401, poll: 401, statistics: 401 };
      expect(await statuses(topic, null)).toEqual(none);
      expect(await statuses(topic, 'broken')).toEqual(none);
      const token = await topics.topicToken(['subscribe']);
      const stream = await topics.following(topic, { token: null, query: { token } });
      const { page } = await topics.publish(topic, 'a');
      expect((await stream.nextBeyondCheckpoints()).id).toBe(`${page}-1`);
      const both = await topics.stream(topic, { token, query: { token } });
      expect([both.status, (await both.json()).code]).toEqual([400, 'invalid_argument']);
    });

    it('a page may send what a reconnect by fetch sends', async () => {
      const answer = await fetch(`${topics.subject.subscribeUrl}${topics.path(fresh())}`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://page.test',
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization,last-event-id',
        },
      });
      expect(answer.status).toBe(204);
      const allowed = answer.headers.get('access-control-allow-headers')!.toLowerCase().split(/, */);
      expect(allowed).toEqual(expect.arrayContaining(['authorization', 'last-event-id', 'idempotency-key']));
    });
  });
}
