import { expect } from 'vitest';
import { call, issue } from '../../api/routes/administration.ts';
import { EventStreamReader, type OpenOptions, type StreamEvent } from './event-stream-reader.ts';

/** A server of the topics contract, as these suites need it: nothing but URLs and a token. */
export interface TopicsSubject {
  /** Base URL of the gateway that is published through. */
  readonly baseUrl: string;
  /** Base URL of the gateway that is subscribed through: another one, where the fleet has two. */
  readonly subscribeUrl: string;
  /** A token with every right. */
  readonly adminToken: string;
}

/** Suites are registered before their server runs, so they ask for it. */
export type SubjectOf = () => TopicsSubject;

export interface Position {
  readonly page: number;
  readonly sequence: number;
}

/** Options of a request; `token: null` sends none. */
export interface RequestOptions {
  readonly token?: string | null;
  readonly cache?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
}

export interface StreamOptions extends RequestOptions {
  readonly query?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly patienceMs?: number;
}

let counter = 0;

/** A name that no other test uses. */
export function fresh(name = 'topic'): string {
  return `${name}-${process.pid}-${counter++}`;
}

/** The calls that the suites make of a subject. */
export class TopicsCaller {
  readonly #subject: SubjectOf;

  constructor(subject: SubjectOf) {
    this.#subject = subject;
  }

  get subject(): TopicsSubject {
    return this.#subject();
  }

  path(topic: string | null, cache = 'default'): string {
    return topic === null ? `/topics/${cache}` : `/topics/${cache}/${encodeURIComponent(topic)}`;
  }

  #headers({ token = this.subject.adminToken, headers = {} }: RequestOptions): Record<string, string> {
    return token === null ? { ...headers } : { authorization: `Bearer ${token}`, ...headers };
  }

  /** Publishes, whatever the answer; text without a content type is sent as `text/plain`. */
  publishAnswer(topic: string, body: string | Uint8Array, options: RequestOptions = {}): Promise<Response> {
    const headers = this.#headers(options);
    if (headers['content-type'] === undefined)
      headers['content-type'] = typeof body === 'string' ? 'text/plain' : 'application/octet-stream';
    return fetch(`${options.url ?? this.subject.baseUrl}${this.path(topic, options.cache)}`, {
      method: 'POST',
      headers,
      body: body as BodyInit,
    });
  }

  /** Publishes and gives the position of the message. */
  async publish(topic: string, body: string | Uint8Array, options: RequestOptions = {}): Promise<Position> {
    const answer = await this.publishAnswer(topic, body, options);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    return positionOf(answer.headers);
  }

  /** Publishes one after the other and gives the last position. */
  async publishAll(topic: string, texts: readonly string[], options: RequestOptions = {}): Promise<Position> {
    let last: Position = { page: 0, sequence: 0 };
    for (const text of texts) last = await this.publish(topic, text, options);
    return last;
  }

  /** Publishes messages of text with one call. */
  async publishBatch(messages: readonly { readonly topic: string; readonly text: string }[]): Promise<void> {
    const { baseUrl, adminToken } = this.subject;
    const answer = await call(baseUrl, 'POST', this.path(null), { token: adminToken, json: { messages } });
    expect(answer.status, answer.text).toBe(200);
    for (const { outcome } of answer.json.items) expect(outcome).toBe('published');
  }

  /** An event stream; `topic` null for one of several topics. */
  stream(topic: string | null, options: StreamOptions = {}): Promise<EventStreamReader> {
    const url = `${options.url ?? this.subject.subscribeUrl}${this.path(topic, options.cache)}${queryText(options)}`;
    const open: OpenOptions = { headers: this.#headers(options) };
    return EventStreamReader.open(url, { ...open, ...patienceOf(options) });
  }

  /** An event stream that has begun: its first event is there. */
  async following(topic: string | null, options: StreamOptions = {}): Promise<EventStreamReader> {
    const stream = await this.stream(topic, options);
    expect(stream.status, stream.text).toBe(200);
    await stream.waitForBlocks((blocks) => blocks.some(({ event }) => event !== undefined));
    return stream;
  }

  /** A long poll, or any other GET of a topic. */
  get(path: string, options: StreamOptions = {}, method = 'GET') {
    const headers = this.#headers(options);
    return call(options.url ?? this.subject.subscribeUrl, method, `${path}${queryText(options)}`, { headers });
  }

  poll(topic: string, query: Readonly<Record<string, string | number>> = {}, options: RequestOptions = {}) {
    const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, `${value}`]));
    return this.get(this.path(topic, options.cache), { ...options, query: texts });
  }

  /** A new cache with these settings. */
  async newCache(settings: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { baseUrl, adminToken } = this.subject;
    const name = fresh('cache');
    const answer = await call(baseUrl, 'PUT', `/caches/${name}`, { token: adminToken, json: settings });
    expect(answer.status, answer.text).toBe(201);
    return name;
  }

  /** A token with these rights for an hour. */
  issue(details: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) {
    const { baseUrl, adminToken } = this.subject;
    return issue(baseUrl, adminToken, details, more);
  }

  /** A token that may do this with topics. */
  async topicToken(actions: readonly string[], topic: unknown = '*', cache = 'default'): Promise<string> {
    return (await this.issue([{ type: 'topic', cache, topic, actions }])).token;
  }
}

function queryText({ query }: StreamOptions): string {
  if (query === undefined) return '';
  return `?${new URLSearchParams((Array.isArray(query) ? query : Object.entries(query)) as [string, string][])}`;
}

function patienceOf({ patienceMs }: StreamOptions): { patienceMs?: number } {
  return patienceMs === undefined ? {} : { patienceMs };
}

/** The position that a publish answered. */
export function positionOf(headers: Headers): Position {
  const [sequence, page] = ['godwit-sequence-number', 'godwit-sequence-page'].map((name) => headers.get(name));
  expect(sequence).toMatch(/^\d+$/);
  expect(page).toMatch(/^\d+$/);
  return { sequence: Number(sequence), page: Number(page) };
}

export function idOf({ page, sequence }: Position): string {
  return `${page}-${sequence}`;
}

/** The event that a text message makes. */
export function messageEvent(page: number, sequence: number, data: string): StreamEvent {
  return { event: 'message', id: idOf({ page, sequence }), data };
}

/** The event that says that messages were missed. */
export function discontinuityEvent(last: number, next: Position): StreamEvent {
  const { page, sequence } = next;
  const data = { last_topic_sequence: last, new_topic_sequence: sequence, new_sequence_page: page };
  return { event: 'discontinuity', id: idOf({ page, sequence: sequence - 1 }), data: JSON.stringify(data) };
}

export function checkpointEvent({ page, sequence }: Position): StreamEvent {
  const data = { sequence_number: sequence, sequence_page: page };
  return { event: 'checkpoint', id: idOf({ page, sequence }), data: JSON.stringify(data) };
}

/** An event with its data read, so that the order of members does not matter. */
export function parsed(event: StreamEvent): Omit<StreamEvent, 'data'> & { readonly data: unknown } {
  return { ...event, data: JSON.parse(event.data) };
}

/** `text-1` … `text-count`. */
export function texts(count: number, prefix = 'text'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}
