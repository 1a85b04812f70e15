/**
 * Hostile input, kept: each entry is there for a mistake that servers make with it. What a fuzz run finds is
 * added here.
 */

/** Stand in keys and values of the fuzz, so that a log line or a refusal that quotes one is noticed. */
export const keyMarker = 'key-nobody-may-quote';
export const valueMarker = 'value-nobody-may-quote';

/** Texts for parameters and members of bodies. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  '\r\n',
  'a\u0000b',
  '.',
  '..',
  '../../etc/passwd',
  '%2e%2e%2f',
  '*',
  '/',
  '\\',
  '?',
  '#',
  '&',
  '=',
  ';',
  '"',
  "'",
  '<script>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what template injections look like
  '${7*7}',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  'true',
  'TRUE',
  '-0',
  '0',
  '-1',
  '+1',
  '1.5',
  '1e3',
  '0x10',
  '٣',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999999999',
  '2592000001',
  'é',
  'e\u0301',
  '😀',
  '\u202e',
  '\ufeff',
  '\uffff',
  keyMarker,
  'a'.repeat(129),
  'a'.repeat(2_049),
  'A'.repeat(5_000),
];

/** Queries as they are sent, in part broken. */
export const hostileQueries: readonly string[] = [
  '%',
  '%z',
  '%zz=a',
  'key=%',
  'key=%F0%9F%98',
  'key=%C0%AF',
  'key=%ED%A0%80',
  'key=%FF',
  'key=a&key=b',
  'key=a&%6Bey=b',
  'key[]=a',
  'key[a]=b',
  '&&&&',
  '=',
  '===',
  'key',
  'key=+',
  'KEY=a',
  'token',
  'token=',
  'token=a&token=b',
  `${'a=b&'.repeat(500)}`,
  'key=a;token=b',
  'key=a%26token=b',
];

/** Values for headers: all of them bytes that HTTP allows. */
export const hostileHeaders: readonly string[] = [
  '*',
  '*, *',
  '"',
  '""',
  '"a',
  'a"',
  'W/"1-1"',
  'W/',
  ',',
  ', , ,',
  '"1-1", "1-1"',
  '"1--1"',
  '"99999999999-1"',
  '"1-99999999999999999"',
  Array.from({ length: 100 }, (_, index) => `"1-${index}"`).join(','),
  '"'.repeat(500),
  'bytes=0-',
  'chunked',
  'gzip, gzip, gzip',
  'gzip;q=0.0001',
  'text/html; charset="',
  'application/json; charset=utf-16',
  'application/JSON;;;',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=',
  '-1',
  '1e9',
  '5242881',
  'Basic YTpi',
  'Bearer',
  'Bearer ',
  'Bearer a b',
  'bearer\ta',
  '00-00000000000000000000000000000000-0000000000000000-00',
  '00-zz',
  'null',
  '\xff\xfe',
  'https://evil.example',
  'x'.repeat(4_000),
];

/** Bodies for operations that read JSON. */
export const hostileBodies: readonly string[] = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '[]',
  '{}',
  '{',
  '"',
  '{"a":1,"a":2}',
  '{"__proto__":{"keys":["a"]}}',
  '{"constructor":{"prototype":{}}}',
  '{"keys":null}',
  '{"keys":{}}',
  '{"keys":[null]}',
  '{"keys":[[]]}',
  '{"keys":["\\ud800"]}',
  '{"keys":["\\u0000"]}',
  '{"keys":[{"text":"a","base64":"YQ=="}]}',
  '{"keys":[{"base64":"YR=="}]}',
  '{"keys":[{"base64":"===="}]}',
  '{"items":[{"key":"a","value":1e999}]}',
  '{"items":[{"key":"a","value":"b","ttl_ms":-1}]}',
  '{"items":[{"key":"a","value":"b","ttl_ms":1.5}]}',
  '{"items":[{"key":"a","value":"b","content_type":"a\\r\\nset-cookie: b"}]}',
  '{"items":[{"key":"a","value":"b","condition":{}}]}',
  '{"items":[{"key":"a","value":"b","condition":{"kind":"equal"}}]}',
  '{"operations":[{"op":"constructor","key":"a"}]}',
  '{"operations":[{"op":"increment","key":"a","amount":1.5}]}',
  '{"operations":[{"op":"increment","key":"a","amount":"9223372036854775808"}]}',
  '{"operations":[{"op":"increment","key":"a","min":"2","max":"1"}]}',
  '{"operations":[{"op":"set"}]}',
  '{"default_ttl_ms":1e400}',
  '{"cache_control":"a\\r\\nb"}',
  '{"cache_control":"\\u0080"}',
  '{"authorization_details":[{"type":"super_user"}],"expires_in_seconds":60}',
  '{"authorization_details":[{"type":"cache","cache":"*","actions":["read"]}],"expires_at":1e15}',
  '{"authorization_details":[],"expires_in_seconds":60}',
  '{"refresh_token":"a.b.c"}',
  `{"refresh_token":"${'a'.repeat(9_000)}"}`,
  '['.repeat(100_000),
  `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
  '\xff\xfe{\0}\0',
  '\xef\xbb\xbf{}',
  '{"a":\xc0\xaf}',
];

/** Bodies for operations that read CBOR, in hexadecimal. */
export const hostileCbor: readonly string[] = [
  '',
  'a0',
  'f6',
  'ff',
  '9f',
  '9fff',
  'bf646b6579739fff',
  '5b7fffffffffffffff',
  '9b7fffffffffffffff',
  'bbffffffffffffffff',
  'a1646b657973c24100',
  'a1646b6579738161ff',
  'a2646b65797380646b65797380',
  'a1646b657973811bffffffffffffffff',
  'a1646b65797381fb7ff8000000000000',
  'a1646b65797381f97e00',
  '81'.repeat(40),
  'd9d9f7a0',
  'fc',
  'f818',
];

export interface RawCase {
  readonly name: string;
  /** The bytes, by the token to send along; characters stand for bytes. */
  readonly bytes: (token: string) => string;
  /** Statuses that the first response may have; `null` for none at all. */
  readonly statuses: readonly (number | null)[];
  /** Whether the sender goes away after these bytes. */
  readonly cutOff?: true;
  /** How many responses there may be; 1 unless told. */
  readonly responsesMax?: number;
}

const end = 'Connection: close\r\n\r\n';

function get(name: string, target: string, ...statuses: (number | null)[]): RawCase {
  const bytes = (token: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${end}`;
  return { name: `target: ${name}`, bytes, statuses };
}

function put(name: string, rest: string, ...statuses: (number | null)[]): RawCase {
  const head = 'PUT /cache/default?key=raw HTTP/1.1\r\nHost: a\r\n';
  return { name: `body: ${name}`, bytes: (token) => `${head}Authorization: Bearer ${token}\r\n${rest}`, statuses };
}

function head(name: string, lines: string, ...statuses: (number | null)[]): RawCase {
  return { name: `head: ${name}`, bytes: () => `${lines}\r\n${end}`, statuses };
}

const item = 'GET /cache/default?key=none HTTP/1.1\r\n';

/** Requests that only a socket can send. */
export const rawCases: readonly RawCase[] = [
  get('an encoded slash in a name', '/cache/a%2Fb?key=a', 400, 404),
  get('encoded dots in a name', '/cache/%2e%2e?key=a', 400, 404),
  get('plain dots in a path', '/cache/../docs', 400, 404),
  get('a path above the root', '/../../etc/passwd', 400, 404),
  get('a file of the documentation above its folder', '/docs/..%2f..%2fpackage.json', 400, 404),
  get('a doubled slash', '//cache/default?key=a', 400, 404),
  get('a doubled slash inside', '/cache//default?key=a', 400, 404),
  get('a host in the path', '//evil.example/cache/default?key=a', 400, 404),
  get('NUL in a name', '/cache/default%00?key=a', 400),
  get('NUL in a key', '/cache/default?key=%00', 400),
  get('a raw NUL', '/cache/default\0?key=a', 400),
  get('overlong UTF-8 in a name', '/cache/%c0%ae%c0%ae?key=a', 400),
  get('overlong UTF-8 in a key', '/cache/default?key=%c0%af', 400),
  get('a surrogate in UTF-8', '/cache/default?key=%ed%a0%80', 400),
  get('a cut-off escape', '/cache/default?key=%e', 400),
  get('a cut-off escape in the path', '/cache/defaul%7?key=a', 400),
  get('a semicolon in a name', '/cache/default;a=b?key=a', 400, 404),
  get('a backslash', '/cache\\default?key=a', 400, 404),
  get('a fragment', '/cache/default?key=none#token=a', 400, 404),
  get('a fragment in the path', '/cache/default#?key=a', 400, 404),
  get('raw bytes above ASCII', '/cache/default?key=\xff', 400, 404),
  get('raw UTF-8', '/cache/default?key=\xc3\xa9', 400, 404),
  get('a question mark in the query', '/cache/default?key=a?b', 404),
  get('an absolute form', 'http://evil.example/cache/default?key=none', 400, 404),
  get('an absolute form of another scheme', 'ftp://evil.example/cache/default?key=none', 400, 404),
  get('an absolute form without a path', 'http://evil.example', 400, 404, 200),
  get('an asterisk', '*', 400, 404),
  get('nothing', '', 400),
  get('no slash', 'cache/default?key=a', 400, 404),
  get('a space', '/cache/default?key=a b', 400),
  get('a key of 20,000 characters', `/cache/default?key=${'a'.repeat(20_000)}`, 431),
  get('a key of 3,000 characters', `/cache/default?key=${'a'.repeat(3_000)}`, 400),
  get('a name of 3,000 characters', `/cache/${'a'.repeat(3_000)}?key=a`, 400),
  get('2,000 parameters', `/cache/default?key=none&${'a&'.repeat(2_000)}`, 404),
  get('a port in the target', ':80/cache', 400, 404),

  head('no Host', `${item}Authorization: a`, 400),
  head('two Hosts', `${item}Host: a\r\nHost: b`, 400, 401),
  head('an empty Host', `${item}Host:`, 400, 401),
  head('a Host with a space', `${item}Host: a b`, 400, 401),
  head('a Host with a path', `${item}Host: a/../b`, 400, 401),
  head('a Host that is no name', `${item}Host: [::1`, 400, 401),
  head('a Host that is no name, through the app', 'GET /health/live HTTP/1.1\r\nHost: [::1', 400, 200),
  head('a Host with a fragment, through the app', 'GET /health/live HTTP/1.1\r\nHost: a#b', 400, 200),
  head('a Host with a user, through the app', 'GET /health/live HTTP/1.1\r\nHost: a@b', 400, 200),
  head('two tokens', `${item}Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b`, 400, 401),
  head('another scheme', `${item}Host: a\r\nAuthorization: Basic YTpi`, 401),
  head('a scheme alone', `${item}Host: a\r\nAuthorization: Bearer`, 401),
  head('a header of 20,000 bytes', `${item}Host: a\r\nX-A: ${'a'.repeat(20_000)}`, 431),
  head('2,000 headers', `${item}Host: a\r\n${'X-A: a\r\n'.repeat(1_999)}X-A: a`, 431, 401),
  head('a header without a name', `${item}Host: a\r\n: a`, 400),
  head('a space before the colon', `${item}Host: a\r\nAuthorization : a`, 400),
  head('a folded line', `${item}Host: a\r\nX-A: a\r\n b`, 400, 401),
  head('a lone carriage return', `${item}Host: a\r\nX-A: a\rX-B: b`, 400),
  head('NUL in a value', `${item}Host: a\r\nX-A: a\0b`, 400),
  head('a header named __proto__', `${item}Host: a\r\n__proto__: a`, 401),
  head('an unknown version', 'GET / HTTP/9.9\r\nHost: a', 400, 505),
  head('an old version', 'GET /health/live HTTP/1.0\r\nHost: a', 200, 400, 505),
  head('an unknown method', 'FROBNICATE / HTTP/1.1\r\nHost: a', 501),
  head('a method in lower case', 'get / HTTP/1.1\r\nHost: a', 400, 501),
  head('CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: a', null, 400, 404, 405, 501),
  head('TRACE', 'TRACE / HTTP/1.1\r\nHost: a', 400, 404, 405, 501),
  head('an upgrade to HTTP/2', `${item}Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c`, 400, 401),
  head('an upgrade to WebSocket', `${item}Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket`, 400, 401),
  { name: 'head: HTTP/2 without asking', bytes: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', statuses: [400, 501, 505] },
  {
    name: 'head: TLS on a plain port',
    bytes: () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    statuses: [400, 501],
  },
  { name: 'head: nothing at all', bytes: () => '', statuses: [null], cutOff: true },
  { name: 'head: cut off', bytes: () => 'GET /health/live HTTP/1.1\r\nHost:', statuses: [400], cutOff: true },

  put('a length and chunks at once', `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`, 400),
  put('chunks twice', `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`, 204, 400),
  put('a coding that is none', `Transfer-Encoding: gzip\r\n${end}a`, 400, 501),
  put('chunks hidden by a case', `Transfer-Encoding: xchunked\r\n${end}0\r\n\r\n`, 400, 501),
  put('two lengths', `Content-Length: 1\r\nContent-Length: 2\r\n${end}ab`, 400),
  put('a negative length', `Content-Length: -1\r\n${end}`, 400),
  put('a length with a sign', `Content-Length: +1\r\n${end}a`, 400),
  put('a length that is no number', `Content-Length: 1e1\r\n${end}a`, 400),
  put('a length of many digits', `Content-Length: 99999999999999999999999\r\n${end}a`, 400, 413),
  { ...put('a length above the limit', `Content-Length: 99999999\r\n${end}a`, 400), cutOff: true },
  { ...put('less than its length', `Content-Length: 100\r\n${end}a`, 400), cutOff: true },
  put('a chunk size that is no number', `Transfer-Encoding: chunked\r\n${end}zz\r\na\r\n0\r\n\r\n`, 400),
  put('a chunk size of many digits', `Transfer-Encoding: chunked\r\n${end}ffffffffffffffffff\r\na\r\n0\r\n\r\n`, 400),
  put('a negative chunk size', `Transfer-Encoding: chunked\r\n${end}-1\r\na\r\n0\r\n\r\n`, 400),
  put('a chunk longer than told', `Transfer-Encoding: chunked\r\n${end}1\r\nabc\r\n0\r\n\r\n`, 400),
  { ...put('chunks without an end', `Transfer-Encoding: chunked\r\n${end}1\r\na\r\n`, 400), cutOff: true },
  put(
    'a long chunk extension',
    `Transfer-Encoding: chunked\r\n${end}1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
    400,
    413,
    431,
  ),
  put('trailers', `Transfer-Encoding: chunked\r\n${end}1\r\na\r\n0\r\nX-A: b\r\n\r\n`, 204),
  { ...put('an expectation', `Expect: 100-continue\r\nContent-Length: 1\r\n${end}a`, 100), responsesMax: 2 },
  put('an expectation that is none', `Expect: 200-ok\r\nContent-Length: 1\r\n${end}a`, 417, 204, 400),
  {
    name: 'body: another request in what looks like a body',
    bytes: (token) =>
      `POST /cache/default/get HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    statuses: [400],
  },
  {
    name: 'pipelining: three requests at once',
    bytes: () =>
      `${'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2)}GET /health/live HTTP/1.1\r\nHost: a\r\n${end}`,
    statuses: [200],
    responsesMax: 3,
  },
];
