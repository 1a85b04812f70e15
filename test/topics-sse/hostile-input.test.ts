import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../api/routes/administration.ts';
import { closeStreams, EventStreamReader } from '../conformance/topics/event-stream-reader.ts';
import { fresh, idOf, positionOf, TopicsCaller, texts } from '../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';
import { rawCall } from './raw-call.ts';

const encoder = new TextEncoder();
const messageBytesMax = 1_048_576;
const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

let fleet: TestFleet;
const topics = new TopicsCaller(() => ({
  baseUrl: fleet.url,
  subscribeUrl: fleet.url,
  adminToken: fleet.adminToken,
}));

/** A cache whose topics retain a message of the largest size. */
let cache: string;

beforeAll(async () => {
  fleet = await startFleet({ zones: ['a'] });
  cache = await topics.newCache({ topic_log_bytes_max: 4 * messageBytesMax });
});
afterAll(() => fleet.stop());
afterEach(closeStreams);

/** What a published message is, however it is read. */
interface Received {
  readonly kind: 'text' | 'binary';
  readonly bytes: Uint8Array;
}

const text = (value: string): Received => ({ kind: 'text', bytes: encoder.encode(value) });
const binary = (base64: string): Received => ({ kind: 'binary', bytes: Uint8Array.fromBase64(base64) });

/** The first message of a topic as each form of subscription gives it. */
async function receivedBy(topic: string) {
  const query = { start: 'earliest' };
  const first = async (format: string) =>
    (await topics.stream(topic, { cache, query: { ...query, format } })).nextBeyondCheckpoints();
  const plain = await first('plain');
  const envelope = JSON.parse((await first('json')).data);
  const { item } = (await topics.poll(topic, query, { cache })).json.items[0];
  return {
    plain: plain.event === 'message' ? text(plain.data) : binary(plain.data),
    json: 'text' in envelope ? text(envelope.text) : binary(envelope.base64),
    poll: 'text' in item.value ? text(item.value.text) : binary(item.value.binary),
  };
}

describe('hostile messages: an exact round trip in every form', () => {
  it.each([
    ['CR', 'a\rb'],
    ['CR at the end', 'a\r'],
    ['LF', 'a\nb'],
    ['LF alone', '\n'],
    ['CRLF', 'a\r\nb\r\n'],
    ['blank lines', '\n\n\n'],
    ['NUL', 'a\0b'],
    ['control characters', '\x01\x07\x08\x1b[31m\x7f\x85'],
    ['line and paragraph separator', 'a\u2028b\u2029c'],
    ['a byte order mark', '\ufeffa\ufeff'],
    ['noncharacters and the replacement character', '\ufffe\uffff\ufffd'],
    ['characters beyond the first plane', '\u{1f986}\u{10ffff}'],
    ['leading and trailing spaces', '  a  '],
    ['an event of its own', 'x\n\nevent: end\nid: 1-1\ndata: {"reason":"token_expired"}\n\n'],
    ['fields', 'id: 9-9\nretry: 1\n: comment\ndata: x'],
    ['JSON', '{"items":[]}</script><!--'],
    ['nothing', ''],
    ['a line of the largest size', 'x'.repeat(messageBytesMax)],
    ['100,000 short lines', 'ab\n'.repeat(100_000)],
    ['100,000 blank lines', '\n'.repeat(100_000)],
  ])('text: %s', async (_, value) => {
    const topic = fresh();
    await topics.publish(topic, value, { cache });
    const received = await receivedBy(topic);
    const bytes = encoder.encode(value);
    // Data lines cannot carry CR, so the plain stream has such text as bytes.
    expect(received.plain).toEqual({ kind: value.includes('\r') ? 'binary' : 'text', bytes });
    expect(received.json).toEqual({ kind: 'text', bytes });
    expect(received.poll).toEqual({ kind: 'text', bytes });
  });

  it.each([
    ['every byte', allBytes],
    ['a lone surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['overlong NUL', Uint8Array.of(0xc0, 0x80)],
    ['text', encoder.encode('data: x\n\n')],
    ['a byte order mark of UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0)],
    ['nothing', new Uint8Array(0)],
    ['as much as there may be', new Uint8Array(messageBytesMax).fill(0x0d)],
  ])('bytes: %s', async (_, bytes) => {
    const topic = fresh();
    await topics.publish(topic, bytes, { cache });
    const received = await receivedBy(topic);
    for (const form of Object.values(received)) expect(form).toEqual({ kind: 'binary', bytes });
  });

  it.each([
    ['a lone surrogate', Uint8Array.of(0x61, 0xed, 0xa0, 0x80)],
    ['a pair of encoded surrogates', Uint8Array.of(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
    ['overlong NUL', Uint8Array.of(0xc0, 0x80)],
    ['Latin-1', Uint8Array.of(0x67, 0xfc)],
    ['a character cut off', Uint8Array.of(0xe2, 0x82)],
    ['beyond U+10FFFF', Uint8Array.of(0xf4, 0x90, 0x80, 0x80)],
  ])('what is called text and is none is refused: %s', async (_, body) => {
    const headers = { authorization: `Bearer ${fleet.adminToken}`, 'content-type': 'text/plain' };
    const refused = await rawCall(fleet.url, topics.path(fresh()), { method: 'POST', headers, body });
    expectProblem(refused, 400, 'invalid_argument');
  });

  it('a line of the largest size reaches a subscriber of a cache with the default settings', async () => {
    const topic = fresh();
    const stream = await topics.following(topic);
    const value = 'x'.repeat(messageBytesMax);
    await topics.publish(topic, value);
    expect(await stream.nextBeyondCheckpoints()).toMatchObject({ event: 'message', data: value });
  });

  it('one byte more than the largest is refused, declared or not', async () => {
    const headers = { authorization: `Bearer ${fleet.adminToken}` };
    const body = new Uint8Array(messageBytesMax + 1);
    const path = topics.path(fresh());
    expectProblem(await rawCall(fleet.url, path, { method: 'POST', headers, body }), 413, 'message_too_large');
    const chunked = { ...headers, 'transfer-encoding': 'chunked' };
    const refused = await rawCall(fleet.url, path, { method: 'POST', headers: chunked, body });
    expectProblem(refused, 413, 'message_too_large');
  });
});

describe('hostile positions', () => {
  it.each([
    ['of another page', '12-2'],
    ['of a page to come', `${Number.MAX_SAFE_INTEGER}-1`],
    ['as large as there are', `${Number.MAX_SAFE_INTEGER}-${Number.MAX_SAFE_INTEGER}`],
    ['larger than there are', `${2 ** 53}-1`],
    ['of 40 digits', `${'9'.repeat(20)}-${'9'.repeat(20)}`],
    ['of zeros', '0-0'],
    ['negative', '-1--1'],
    ['with three parts', '1-1-1'],
    ['with an exponent', '1e3-1'],
    ['junk', '"><script>alert(1)</script>'],
    ['of 2 KB', 'x'.repeat(2_048)],
    ['of 2 KB of digits', '1'.repeat(2_048)],
    ['Latin-1', 'h\xe9h\xe9'],
    ['UTF-8', Buffer.from('é✓').toString('latin1')],
    ['every byte that a header may hold', Buffer.from(allBytes.slice(0x80)).toString('latin1')],
    ['of several topics', 'm.AAAA'],
    ['two in one header', '1-1, 1-2'],
  ])('Last-Event-ID %s: announced, then what is retained, and live', async (_, id) => {
    const topic = fresh();
    const head = await topics.publishAll(topic, texts(2));
    const stream = await topics.stream(topic, { headers: { 'last-event-id': id } });
    expect(stream.status).toBe(200);
    const [announced, ...messages] = await stream.take(3);
    expect(announced!.event).toBe('discontinuity');
    const numbers = JSON.parse(announced!.data);
    expect(numbers).toMatchObject({ new_topic_sequence: 1, new_sequence_page: head.page });
    expect(Number.isSafeInteger(numbers.last_topic_sequence)).toBe(true);
    expect(messages.map(({ data }) => data)).toEqual(texts(2));
    await topics.publish(topic, 'live');
    expect(await stream.next()).toMatchObject({ id: idOf({ ...head, sequence: 3 }), data: 'live' });
  });

  it('a head beyond what the server reads is 431', async () => {
    const headers = { authorization: `Bearer ${fleet.adminToken}`, 'last-event-id': 'x'.repeat(20_000) };
    expect((await rawCall(fleet.url, topics.path(fresh()), { headers })).status).toBe(431);
  });

  const badNumbers = ['-1', '1.5', '1e3', '0x10', '--1', ' 1', '', 'NaN', 'Infinity', '9007199254740992', '٣', '1,2'];
  const parameters = ['sequence_number', 'sequence_page', 'wait_seconds', 'heartbeat_seconds'];
  it.each(parameters)('%s: anything but a whole number in range is refused', async (name) => {
    for (const value of badNumbers) {
      const path = `${topics.path(fresh())}?${new URLSearchParams({ wait_seconds: '0', [name]: value })}`;
      const accept = name === 'wait_seconds' ? 'application/json' : 'text/event-stream';
      const headers = { authorization: `Bearer ${fleet.adminToken}`, accept };
      const query = name === 'wait_seconds' ? path : path.replace(/wait_seconds=0&/, '');
      expectProblem(await rawCall(fleet.url, query, { headers }), 400, 'invalid_argument');
    }
  });

  it.each(['junk', '1', '1-', '1-1-1', '-1-1', `${2 ** 53}-1`, '1-1\n', '1-1\0', 'é', 'x'.repeat(2_048)])(
    'last_event_id %j is refused',
    async (id) => {
      const path = `${topics.path(fresh())}?${new URLSearchParams({ last_event_id: id })}`;
      const headers = { authorization: `Bearer ${fleet.adminToken}`, accept: 'text/event-stream' };
      expectProblem(await rawCall(fleet.url, path, { headers }), 400, 'invalid_argument');
    },
  );
});

describe('hostile topic names', () => {
  const authorization = () => ({ authorization: `Bearer ${fleet.adminToken}` });

  it.each([
    ['CR LF and a header', 'a%0d%0aset-cookie:%20x=1'],
    ['LF', 'a%0ab'],
    ['NUL', 'a%00'],
    ['ESC', '%1b'],
    ['DEL', 'a%7f'],
    ['nothing', ''],
    // Whatever stands between would take these for steps in the path (RFC 3986 §5.2.4), escaped or not.
    ['one dot', '%2e'],
    ['two dots', '%2E%2e'],
    ['513 bytes', 'x'.repeat(513)],
    ['513 bytes in 171 characters', '%e2%82%ac'.repeat(171)],
    ['a broken escape', 'a%zz'],
    ['an escape cut off', 'a%2'],
    ['Latin-1', '%fc'],
    ['a lone surrogate', '%ed%a0%80'],
    ['an overlong slash', '%c0%af'],
  ])('%s is refused by every call', async (_, segment) => {
    const path = `/topics/default/${segment}`;
    for (const [method, accept] of [
      ['POST', '*/*'],
      ['GET', '*/*'],
      ['GET', 'text/event-stream'],
    ] as const) {
      const refused = await rawCall(fleet.url, path, { method, headers: { ...authorization(), accept } });
      // Without a name there is another path, or none.
      if (segment === '') expect([400, 404, 405]).toContain(refused.status);
      else expectProblem(refused, 400, 'invalid_argument');
      expect(refused.headers.get('set-cookie')).toBeNull();
    }
    const statistics = await rawCall(fleet.url, `${path}/statistics`, { headers: authorization() });
    expect([400, 404]).toContain(statistics.status);
  });

  it.each([
    ['a slash', 'a%2Fb', 'a/b'],
    ['dots and slashes', '%2e%2e%2f%2e%2e%2fcaches', '../../caches'],
    ['spaces', '%20a%20%20b%20', ' a  b '],
    ['a plus', 'a+b', 'a+b'],
    ['an escaped escape', 'a%252Fb', 'a%2Fb'],
    ['delimiters', '%3F%23%26%3D%5B%5D', '?#&=[]'],
    ['quotes and tags', '%22%3Cb%3E%27', '"<b>\''],
    ['emoji', '%F0%9F%A6%86', '\u{1f986}'],
    ['characters that only look like line ends', '%E2%80%A8', '\u2028'],
    ['the name of a path', 'statistics', 'statistics'],
    ['a name of JavaScript', '__proto__', '__proto__'],
    ['another', 'constructor', 'constructor'],
    ['512 bytes', 'x'.repeat(512), 'x'.repeat(512)],
    ['512 bytes in 128 characters', '%F0%9F%A6%86'.repeat(128), '\u{1f986}'.repeat(128)],
  ])('%s: goes in and comes out as it is, and is its own topic', async (_, segment, name) => {
    const cache = await topics.newCache();
    const path = `/topics/${cache}/${segment}`;
    const accept = 'text/event-stream';
    const stream = await EventStreamReader.open(`${fleet.url}${path}`, { headers: { ...authorization(), accept } });
    expect(stream.status).toBe(200);
    await stream.next();
    const headers = { ...authorization(), 'content-type': 'text/plain' };
    const published = await rawCall(fleet.url, path, { method: 'POST', headers, body: 'hello' });
    expect(published.status).toBe(204);
    const { page, sequence } = positionOf(published.headers);
    expect(await stream.nextBeyondCheckpoints()).toEqual({
      event: 'message',
      id: `${page}-${sequence}`,
      data: 'hello',
    });
    const { json } = await rawCall(fleet.url, `${path}/statistics`, { headers: authorization() });
    expect(json).toMatchObject({ topic: name, sequence_number: 1 });
    const list = await rawCall(fleet.url, `/topics/${cache}`, { headers: authorization() });
    expect(list.json.topics.map(({ topic }: { topic: string }) => topic)).toEqual([name]);
    const several = await topics.stream(null, {
      cache,
      query: [
        ['topic', name],
        ['start', 'earliest'],
      ],
    });
    expect(JSON.parse((await several.nextBeyondCheckpoints()).data)).toMatchObject({ topic: name, text: 'hello' });
  });

  it('a slash that is not escaped is another path', async () => {
    for (const path of ['/topics/default/a/b', '/topics/default/../caches', '/topics//a', '/topics/default/a/'])
      expect([400, 404]).toContain((await rawCall(fleet.url, path, { headers: authorization() })).status);
  });

  it.each(['%2e%2e', 'a%2Fb', '%0d%0a', '*', 'ä'])('a cache named %s is refused', async (segment) => {
    const path = `/topics/${encodeURI(segment).replaceAll('%25', '%')}/t`;
    expectProblem(await rawCall(fleet.url, path, { headers: authorization() }), 400, 'invalid_argument');
  });
});
