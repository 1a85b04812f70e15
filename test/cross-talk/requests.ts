import type { Choices } from '../api/fuzz/random.ts';
import { contentOf, isContentOf } from './content.ts';
import type { HttpAnswer } from './http-answers.ts';

/** A request, and what its answer must be. */
export interface CheckedRequest {
  readonly bytes: Buffer;
  /** What is wrong with an answer; null when nothing is. */
  check(answer: HttpAnswer): string | null;
}

const keyCount = 500;
const counterCount = 50;
/** Keys of a multi-get. */
const keysMax = 20;

/** Makes requests of every kind on the caches of one fleet, and knows what may be answered to them. */
export class Requests {
  readonly #random: Choices;
  readonly #token: string;
  readonly #caches: readonly string[];
  /** Sums that were answered, by counter: each only once. */
  readonly #sums = new Map<string, Set<string>>();
  #made = 0;

  constructor(random: Choices, token: string, caches: readonly string[]) {
    this.#random = random;
    this.#token = token;
    this.#caches = caches;
  }

  next(): CheckedRequest {
    const dice = this.#random.next();
    if (dice < 0.45) return this.#get();
    if (dice < 0.7) return this.#put();
    if (dice < 0.8) return this.#swap();
    if (dice < 0.9) return this.#getMany();
    return this.#increment();
  }

  #get(): CheckedRequest {
    const [cache, key] = this.#place();
    return this.#request('GET', `/cache/${cache}?key=${key}`, '', (answer) => ofItem(cache, key, answer));
  }

  #put(): CheckedRequest {
    const [cache, key] = this.#place();
    return this.#request(
      'PUT',
      `/cache/${cache}?key=${key}&ttl_seconds=3600`,
      this.#content(cache, key),
      ({ status }) => (status === 204 ? null : `stored, and answered ${status}`),
    );
  }

  #swap(): CheckedRequest {
    const [cache, key] = this.#place();
    const path = `/cache/${cache}/get-and-set?key=${key}`;
    return this.#request('POST', path, this.#content(cache, key), (answer) =>
      answer.status === 204 ? null : ofItem(cache, key, answer),
    );
  }

  #getMany(): CheckedRequest {
    const [cache] = this.#place();
    const keys = Array.from({ length: 1 + this.#random.below(keysMax) }, () => this.#key());
    return this.#request('POST', `/cache/${cache}/get`, JSON.stringify({ keys }), ({ status, body }) => {
      if (status !== 200) return `answered ${status}`;
      const { items } = JSON.parse(body) as { items: { outcome: string; value?: { text: string } }[] };
      if (items.length !== keys.length) return `asked for ${keys.length}, and got ${items.length}`;
      const wrong = items.findIndex(
        ({ outcome, value }, index) =>
          outcome !== 'miss' && outcome !== 'error' && !isContentOf(cache, keys[index]!, value?.text ?? ''),
      );
      return wrong < 0 ? null : `item ${wrong}, ${keys[wrong]}, is ${items[wrong]!.value?.text.slice(0, 60)}`;
    });
  }

  #increment(): CheckedRequest {
    const cache = this.#random.of(this.#caches);
    const counter = `n${this.#random.below(counterCount)}`;
    return this.#request('POST', `/cache/${cache}/increment?key=${counter}`, '', ({ status, body }) => {
      if (status !== 200) return `answered ${status}`;
      const { value } = JSON.parse(body) as { value: string };
      const sums = this.#sums.get(`${cache}/${counter}`) ?? new Set();
      this.#sums.set(`${cache}/${counter}`, sums);
      if (sums.has(value)) return `the sum ${value} of ${counter} was answered twice`;
      sums.add(value);
      return null;
    });
  }

  #request(method: string, path: string, body: string, check: (answer: HttpAnswer) => string | null): CheckedRequest {
    const id = `r${this.#made++}`;
    // Without an id of its own a GET takes the fast path.
    const withId = this.#random.chance(0.5);
    const head = [
      `${method} ${path} HTTP/1.1`,
      'Host: fleet.test',
      `Authorization: Bearer ${this.#token}`,
      ...(withId ? [`X-Request-Id: ${id}`] : []),
      ...(body === '' ? [] : [`Content-Type: ${path.endsWith('/get') ? 'application/json' : 'text/plain'}`]),
      ...(method === 'GET' ? [] : [`Content-Length: ${body.length}`]),
    ];
    return {
      bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'),
      check: (answer) => {
        if (withId && answer.requestId !== id) return `${method} ${path}: ${id} was answered as ${answer.requestId}`;
        // The gateway or a node had too much to do: nothing was done.
        if (answer.status === 503) return null;
        const wrong = check(answer);
        return wrong === null ? null : `${method} ${path}: ${wrong}`;
      },
    };
  }

  #place(): [cache: string, key: string] {
    return [this.#random.of(this.#caches), this.#key()];
  }

  #key(): string {
    return `k${this.#random.below(keyCount)}`;
  }

  #content(cache: string, key: string): string {
    return contentOf(cache, key, this.#random.below(2 ** 31));
  }
}

function ofItem(cache: string, key: string, { status, body }: HttpAnswer): string | null {
  if (status === 404) return (JSON.parse(body) as { code: string }).code === 'key_not_found' ? null : body;
  if (status !== 200) return `answered ${status}`;
  return isContentOf(cache, key, body) ? null : `is ${body.slice(0, 60)} (${body.length} bytes)`;
}
