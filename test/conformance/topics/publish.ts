import { describe, expect, it } from 'vitest';
import { expectProblem } from '../../api/routes/administration.ts';
import { fresh, positionOf, type SubjectOf, TopicsCaller, texts } from './subject.ts';

/** The default of a cache's `topic_message_bytes_max`. */
const messageBytesMaxDefault = 1_048_576;

export function publishSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);

  /** The value of the only message of a topic, as the long poll gives it. */
  const onlyValueOf = async (topic: string): Promise<unknown> => {
    const { json } = await topics.poll(topic, { start: 'earliest', wait_seconds: 5 });
    expect(json.items).toHaveLength(1);
    return json.items[0].item.value;
  };

  describe('publish', () => {
    it('numbers messages from 1 in a page, by one, whichever gateway takes them', async () => {
      const topic = fresh();
      const { baseUrl, subscribeUrl } = topics.subject;
      const first = await topics.publish(topic, 'a');
      expect(first.sequence).toBe(1);
      expect(first.page).toBeGreaterThan(0);
      for (let sequence = 2; sequence <= 6; sequence++) {
        const url = sequence % 2 === 0 ? subscribeUrl : baseUrl;
        expect(await topics.publish(topic, 'b', { url })).toEqual({ page: first.page, sequence });
      }
    });

    it('needs no subscriber and no topic, but a cache', async () => {
      await topics.publish(fresh(), 'to nobody');
      const refused = await topics.get(topics.path(fresh(), fresh('cache')), {}, 'POST');
      expectProblem(refused, 404, 'cache_not_found');
    });

    it('numbers each topic by itself', async () => {
      const [one, other] = [fresh(), fresh()];
      expect((await topics.publishAll(one, texts(3))).sequence).toBe(3);
      expect((await topics.publish(other, 'a')).sequence).toBe(1);
    });

    it('takes the content type as what the message is, and looks at the bytes where there is none that says', async () => {
      const text = new TextEncoder().encode('grüße');
      const bytes = Uint8Array.of(0xff, 0x00, 0x80);
      const asText = { text: 'grüße' };
      const cases: [Uint8Array, string, unknown][] = [
        [text, 'text/plain', asText],
        [text, 'text/plain; charset=utf-8', asText],
        [text, 'text/plain;charset="UTF-8"', asText],
        [text, 'text/html', asText],
        [Uint8Array.of(0x61), 'text/plain; charset=us-ascii', { text: 'a' }],
        [text, 'application/json', asText],
        [text, 'application/octet-stream', { binary: text.toBase64() }],
        [bytes, 'application/octet-stream', { binary: bytes.toBase64() }],
        [bytes, 'image/png', { binary: bytes.toBase64() }],
      ];
      for (const [body, contentType, value] of cases) {
        const topic = fresh();
        await topics.publish(topic, body, { headers: { 'content-type': contentType } });
        expect(await onlyValueOf(topic), contentType).toEqual(value);
      }
    });

    it('takes a message without any content type as text when it is UTF-8', async () => {
      for (const [body, value] of [
        ['text', { text: 'text' }],
        [Uint8Array.of(0xc3), { binary: 'ww==' }],
      ] as const) {
        const topic = fresh();
        // A Blob without a type is the one body that `fetch` sends without `Content-Type`.
        const { baseUrl, adminToken } = topics.subject;
        const headers = { authorization: `Bearer ${adminToken}` };
        const url = `${baseUrl}${topics.path(topic)}`;
        expect((await fetch(url, { method: 'POST', headers, body: new Blob([body]) })).status).toBe(204);
        expect(await onlyValueOf(topic)).toEqual(value);
      }
    });

    it('refuses text that is not UTF-8, and a charset that it does not read', async () => {
      for (const [contentType, status, code] of [
        ['text/plain', 400, 'invalid_argument'],
        ['text/plain; charset=utf-8', 400, 'invalid_argument'],
        ['text/plain; charset=iso-8859-1', 415, 'unsupported_media_type'],
        ['text/plain; charset=utf-16', 415, 'unsupported_media_type'],
      ] as const) {
        const answer = await topics.publishAnswer(fresh(), Uint8Array.of(0x61, 0xe4), {
          headers: { 'content-type': contentType },
        });
        expect([answer.status, ((await answer.json()) as { code: string }).code], contentType).toEqual([status, code]);
      }
    });

    it('an empty body is an empty message', async () => {
      const [text, binary] = [fresh(), fresh()];
      await topics.publish(text, '');
      await topics.publish(binary, new Uint8Array(0));
      expect(await onlyValueOf(text)).toEqual({ text: '' });
      expect(await onlyValueOf(binary)).toEqual({ binary: '' });
    });

    it('message size: the largest goes through, one byte more is 413 with the limit', async () => {
      const topic = fresh();
      await topics.publish(topic, new Uint8Array(messageBytesMaxDefault).fill(7));
      const refused = await topics.publishAnswer(topic, new Uint8Array(messageBytesMaxDefault + 1));
      expect(refused.status).toBe(413);
      expect(await refused.json()).toMatchObject({
        code: 'message_too_large',
        limit: messageBytesMaxDefault,
        actual: messageBytesMaxDefault + 1,
      });
      expect((await topics.publish(topic, 'next')).sequence).toBe(2);
    });

    it('message size: a cache may have a smaller limit', async () => {
      const cache = await topics.newCache({ topic_message_bytes_max: 1_000 });
      const topic = fresh();
      await topics.publish(topic, 'x'.repeat(1_000), { cache });
      const refused = await topics.publishAnswer(topic, 'x'.repeat(1_001), { cache });
      expect(refused.status).toBe(413);
      expect(await refused.json()).toMatchObject({ code: 'message_too_large', limit: 1_000, actual: 1_001 });
    });
  });

  describe('idempotent publish', () => {
    it('repeats the first answer and delivers once, through another gateway too', async () => {
      const topic = fresh();
      const { baseUrl, subscribeUrl } = topics.subject;
      const headers = { 'idempotency-key': fresh('key') };
      const answers: Response[] = [];
      for (const url of [baseUrl, baseUrl, subscribeUrl])
        answers.push(await topics.publishAnswer(topic, 'once', { url, headers }));
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
      const replayed = answers.map((answer) => answer.headers.get('idempotent-replayed'));
      expect(replayed).toEqual([null, 'true', 'true']);
      const [first, ...others] = answers.map((answer) => positionOf(answer.headers));
      expect(first!.sequence).toBe(1);
      expect(others).toEqual([first, first]);
      expect((await topics.publish(topic, 'next')).sequence).toBe(2);
      const { json } = await topics.poll(topic, { start: 'earliest' });
      const values = json.items.map(({ item }: { item: { value: { text: string } } }) => item.value.text);
      expect(values).toEqual(['once', 'next']);
    });

    it('publishes at the same moment under one key are one message', async () => {
      const topic = fresh();
      const headers = { 'idempotency-key': fresh('key') };
      const { baseUrl, subscribeUrl } = topics.subject;
      const urls = [baseUrl, subscribeUrl, baseUrl, subscribeUrl];
      const answers = await Promise.all(urls.map((url) => topics.publishAnswer(topic, 'once', { url, headers })));
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
      expect(new Set(answers.map((answer) => positionOf(answer.headers).sequence))).toEqual(new Set([1]));
      expect((await topics.publish(topic, 'next')).sequence).toBe(2);
    });

    it('another message, topic or content type under the key is 422, and publishes nothing', async () => {
      const [topic, other] = [fresh(), fresh()];
      const headers = { 'idempotency-key': fresh('key') };
      await topics.publish(topic, 'first', { headers });
      const refused = [
        await topics.publishAnswer(topic, 'second', { headers }),
        await topics.publishAnswer(topic, 'first', {
          headers: { ...headers, 'content-type': 'application/octet-stream' },
        }),
      ];
      for (const answer of refused) {
        expect(answer.status).toBe(422);
        expect(await answer.json()).toMatchObject({ code: 'idempotency_key_reused' });
      }
      expect((await topics.publish(topic, 'next')).sequence).toBe(2);
      expect((await topics.publish(other, 'next')).sequence).toBe(1);
    });
  });
}
