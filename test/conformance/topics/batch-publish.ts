import { decode, encode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { expectProblem } from '../../api/routes/administration.ts';
import { fresh, type RequestOptions, type SubjectOf, TopicsCaller, texts } from './subject.ts';

const messagesMax = 1_000;

export function batchPublishSuite(subject: SubjectOf): void {
  const topics = new TopicsCaller(subject);

  const send = async (body: unknown, options: RequestOptions = {}) => {
    const headers = { 'content-type': 'application/json', ...options.headers };
    const { token = topics.subject.adminToken, cache = 'default' } = options;
    const answer = await fetch(`${topics.subject.baseUrl}${topics.path(null, cache)}`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${token}` },
      body: body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const isCbor = answer.headers.get('content-type') === 'application/cbor';
    const json = isCbor ? decode(bytes) : JSON.parse(new TextDecoder().decode(bytes));
    return { status: answer.status, headers: answer.headers, json, text: '' };
  };

  describe('batch publish', () => {
    it('publishes in the order given, per topic, and answers each with its number', async () => {
      const [one, other] = [fresh(), fresh()];
      const stream = await topics.following(one);
      const { status, json } = await send({
        messages: [
          { topic: one, text: 'a' },
          { topic: other, text: 'x' },
          { topic: one, base64: 'AAEC' },
          { topic: one, text: 'c' },
        ],
      });
      expect(status).toBe(200);
      const { sequence_page: page } = json.items[0];
      const published = { outcome: 'published', sequence_page: page };
      expect(json.items).toEqual([
        { ...published, sequence_number: 1 },
        { outcome: 'published', sequence_number: 1, sequence_page: expect.any(Number) },
        { ...published, sequence_number: 2 },
        { ...published, sequence_number: 3 },
      ]);
      expect(await stream.take(3)).toEqual([
        { event: 'message', id: `${page}-1`, data: 'a' },
        { event: 'binary', id: `${page}-2`, data: 'AAEC' },
        { event: 'message', id: `${page}-3`, data: 'c' },
      ]);
    });

    it('keeps the order of a full batch', async () => {
      const topic = fresh();
      const stream = await topics.following(topic);
      const { json } = await send({ messages: texts(messagesMax).map((text) => ({ topic, text })) });
      const numbers = json.items.map((item: { sequence_number: number }) => item.sequence_number);
      expect(numbers).toEqual(Array.from({ length: messagesMax }, (_, index) => index + 1));
      expect((await stream.take(messagesMax)).map(({ data }) => data)).toEqual(texts(messagesMax));
    });

    it('a message that is refused does not stop the others', async () => {
      const [mine, foreign] = [fresh('mine'), fresh('foreign')];
      const cache = await topics.newCache({ topic_message_bytes_max: 1_000 });
      const token = await topics.topicToken(['publish'], { prefix: 'mine' }, cache);
      const { status, json } = await send(
        {
          messages: [
            { topic: mine, text: 'a' },
            { topic: foreign, text: 'b' },
            { topic: mine, text: 'x'.repeat(1_001) },
            { topic: mine, base64: '?' },
            { topic: `${mine}\r\n`, text: 'd' },
            { topic: mine, text: 'c' },
          ],
        },
        { token, cache },
      );
      expect(status).toBe(200);
      const outcome = (item: { outcome: string; sequence_number?: number; error?: { code: string } }) =>
        item.error?.code ?? item.sequence_number;
      expect(json.items.map(outcome)).toEqual([
        1,
        'permission_denied',
        'message_too_large',
        'invalid_argument',
        'invalid_argument',
        2,
      ]);
      expect(json.items[1].outcome).toBe('error');
      expect(json.items[2].error).toMatchObject({ status: 413, limit: 1_000 });
    });

    it('takes and answers CBOR', async () => {
      const topic = fresh();
      const cbor = { 'content-type': 'application/cbor', accept: 'application/cbor' };
      const { status, json } = await send(encode({ messages: [{ topic, text: 'a' }] }), { headers: cbor });
      expect(status).toBe(200);
      expect(json.items).toEqual([{ outcome: 'published', sequence_number: 1, sequence_page: expect.any(Number) }]);
    });

    it('an Idempotency-Key holds for the whole batch', async () => {
      const topic = fresh();
      const headers = { 'idempotency-key': fresh('key') };
      const body = {
        messages: [
          { topic, text: 'a' },
          { topic, text: 'b' },
        ],
      };
      const first = await send(body, { headers });
      const second = await send(body, { headers });
      expect(second.json).toEqual(first.json);
      expect((await topics.publish(topic, 'c')).sequence).toBe(3);
    });

    it.each([
      ['no list', {}, 'malformed_body'],
      ['a field that is none', { messages: [], more: 1 }, 'malformed_body'],
      ['a message without a value', { messages: [{ topic: 't' }] }, 'malformed_body'],
      ['a message with two values', { messages: [{ topic: 't', text: 'a', base64: 'AA==' }] }, 'malformed_body'],
      ['a message that is no text', { messages: [{ topic: 't', text: 1 }] }, 'malformed_body'],
    ])('refuses %s and publishes nothing', async (_, body, code) => {
      expectProblem(await send(body), 400, code);
    });

    it('refuses more messages than the limit, which it names', async () => {
      const topic = fresh();
      const refused = await send({ messages: texts(messagesMax + 1).map((text) => ({ topic, text })) });
      expectProblem(refused, 400, 'invalid_argument');
      expect(refused.json).toMatchObject({ limit: messagesMax, actual: messagesMax + 1 });
      expect((await topics.publish(topic, 'a')).sequence).toBe(1);
    });

    it('a cache that is not there is 404', async () => {
      expectProblem(
        await send({ messages: [{ topic: 't', text: 'a' }] }, { cache: fresh('cache') }),
        404,
        'cache_not_found',
      );
    });
  });
}
