import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { call } from '../../api/routes/administration.ts';
import type { StreamEvent } from './event-stream-reader.ts';
import { fresh, idOf, messageEvent, type SubjectOf, TopicsCaller } from './subject.ts';

/** How far the clocks and timers of a busy machine may stray, in ms. The promise itself has no tolerance. */
const slackMs = 500;
/** The farthest expiry of a token: a timer of 32 bits would be over at once. */
const tenYearsSeconds = 3_650 * 86_400;

export function endingsSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);
  const subscribe = [{ type: 'topic', cache: '*', actions: ['subscribe'] }];

  const reasonOf = (events: readonly StreamEvent[]): unknown => {
    const last = events.at(-1);
    expect(last?.event).toBe('end');
    return JSON.parse(last!.data).reason;
  };

  const revoke = async (jti: string): Promise<void> => {
    const { baseUrl, adminToken } = topics.subject;
    const answer = await call(baseUrl, 'DELETE', `/tokens/${jti}`, { token: adminToken });
    expect(answer.status, answer.text).toBe(204);
  };

  describe('endings', () => {
    it('token expiry: the stream says so and ends by exp, and what came before was delivered', async () => {
      const topic = fresh();
      const { token, expires_at } = await topics.issue(subscribe, { expires_in_seconds: 2 });
      const streams = [
        await topics.following(topic, { token }),
        await topics.following(null, { token, query: { topic_prefix: topic } }),
      ];
      const { page } = await topics.publish(topic, 'in time');
      const [plain, several] = await Promise.all(streams.map((stream) => stream.rest()));
      expect(Date.now()).toBeLessThanOrEqual(expires_at * 1_000 + slackMs);
      expect(plain).toContainEqual(messageEvent(page, 1, 'in time'));
      expect(reasonOf(plain!)).toBe('token_expired');
      expect(plain!.at(-1)!.id).toBe(idOf({ page, sequence: 1 }));
      expect(reasonOf(several!)).toBe('token_expired');
      await sleep(Math.max(0, expires_at * 1_000 - Date.now()));
      expect((await topics.stream(topic, { token })).status).toBe(401);
    });

    it('token expiry: a token of ten years keeps its stream', async () => {
      const topic = fresh();
      const { token } = await topics.issue(subscribe, { expires_in_seconds: tenYearsSeconds });
      const stream = await topics.following(topic, { token, query: { heartbeat_seconds: '1' } });
      await stream.waitForBlocks((blocks) => blocks.some(({ comments }) => comments.includes('heartbeat')));
      const { page } = await topics.publish(topic, 'still there');
      expect(await stream.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'still there'));
    });

    it('token expiry: a poll is over by exp', async () => {
      const { token, expires_at } = await topics.issue(subscribe, { expires_in_seconds: 2 });
      const answer = await topics.poll(fresh(), { wait_seconds: 30 }, { token });
      expect(Date.now()).toBeLessThanOrEqual(expires_at * 1_000 + slackMs);
      expect([200, 401]).toContain(answer.status);
    });

    it('revocation: the streams of the token end at every gateway, those of others go on', async () => {
      const topic = fresh();
      const [revoked, other] = [await topics.issue(subscribe), await topics.issue(subscribe)];
      const { baseUrl, subscribeUrl } = topics.subject;
      const streams = await Promise.all(
        [baseUrl, subscribeUrl].map((url) => topics.following(topic, { token: revoked.token, url })),
      );
      const staying = await topics.following(topic, { token: other.token });
      await revoke(revoked.jti);
      for (const stream of streams) expect(reasonOf(await stream.rest())).toBe('token_revoked');
      const { page } = await topics.publish(topic, 'after');
      expect(await staying.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'after'));
      expect((await topics.stream(topic, { token: revoked.token })).status).toBe(401);
    });

    it('revocation: of the token that issued it ends the stream too', async () => {
      const { baseUrl } = topics.subject;
      const parent = await topics.issue([...subscribe, { type: 'token_issuance', actions: ['issue'] }]);
      const answer = await call(baseUrl, 'POST', '/tokens', {
        token: parent.token,
        json: { authorization_details: subscribe, expires_in_seconds: 600 },
      });
      expect(answer.status, answer.text).toBe(201);
      const stream = await topics.following(fresh(), { token: answer.json.token });
      await revoke(parent.jti);
      expect(reasonOf(await stream.rest())).toBe('token_revoked');
    });

    it('revocation: a poll that waits is over', async () => {
      const topic = fresh();
      const { token, jti } = await topics.issue(subscribe);
      const [answer] = await Promise.all([topics.poll(topic, { wait_seconds: 12 }, { token }), revoke(jti)]);
      // Refused before it began, told when it was over, or cut short.
      expect([200, 401]).toContain(answer.status);
      expect((await topics.poll(topic, { wait_seconds: 0 }, { token })).status).toBe(401);
    });

    it('cache deletion: its streams end and say so, and the cache is not there any more', async () => {
      const cache = await topics.newCache();
      const { baseUrl, adminToken } = topics.subject;
      const topic = fresh();
      const streams = [
        await topics.following(topic, { cache }),
        await topics.following(null, { cache, query: { topic_prefix: topic } }),
      ];
      const other = await topics.following(topic);
      const poll = topics.poll(topic, { wait_seconds: 12 }, { cache });
      const deleted = await call(baseUrl, 'DELETE', `/caches/${cache}`, { token: adminToken });
      expect(deleted.status).toBe(204);
      for (const stream of streams) expect(reasonOf(await stream.rest())).toBe('cache_deleted');
      expect([200, 404]).toContain((await poll).status);
      expect((await topics.stream(topic, { cache })).status).toBe(404);
      expect(other.ended).toBe(false);
    });

    it('cache deletion: one created again has a later page, and an old id is announced', async () => {
      const cache = await topics.newCache();
      const { baseUrl, adminToken } = topics.subject;
      const topic = fresh();
      const before = await topics.publish(topic, 'old', { cache });
      await call(baseUrl, 'DELETE', `/caches/${cache}`, { token: adminToken });
      await call(baseUrl, 'PUT', `/caches/${cache}`, { token: adminToken });
      const after = await topics.publish(topic, 'new', { cache });
      expect(after.sequence).toBe(1);
      expect(after.page).toBeGreaterThan(before.page);
      const stream = await topics.stream(topic, { cache, headers: { 'last-event-id': idOf(before) } });
      const [announced, message] = await stream.take(2);
      expect(announced!.event).toBe('discontinuity');
      expect(JSON.parse(announced!.data).new_sequence_page).toBe(after.page);
      expect(message).toEqual(messageEvent(after.page, 1, 'new'));
    });

    it('cache flush: what is published afterwards still arrives, on a page that is announced when it is another', async () => {
      const cache = await topics.newCache();
      const { baseUrl, adminToken } = topics.subject;
      const topic = fresh();
      const { page } = await topics.publish(topic, 'before', { cache });
      const stream = await topics.following(topic, { cache });
      const flushed = await call(baseUrl, 'POST', `/caches/${cache}/flush`, { token: adminToken });
      expect(flushed.status).toBe(204);
      const after = await topics.publish(topic, 'after', { cache });
      const events = await stream.until(({ event }) => event === 'message');
      expect(events.at(-1)).toEqual(messageEvent(after.page, after.sequence, 'after'));
      const announced = events.some(({ event }) => event === 'discontinuity');
      expect(announced).toBe(after.page !== page);
    });
  });
}
