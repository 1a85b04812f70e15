/**
 * Heads of the three requests of a look-aside cache, for a raw connection: what does not change from request
 * to request is made once.
 */
export class ItemRequests {
  readonly #target: string;
  readonly #tail: string;

  /** @param baseUrl of the server, without a slash at its end */
  constructor(baseUrl: string, cache: string, token: string) {
    const { host, pathname } = new URL(baseUrl);
    this.#target = `${pathname.replace(/\/$/, '')}/cache/${encodeURIComponent(cache)}?`;
    this.#tail = ` HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n`;
  }

  get(key: string): string {
    return `GET ${this.#target}${keyParameter(key)}${this.#tail}\r\n`;
  }

  /** @param ttlMs undefined leaves the TTL to the cache */
  put(key: string, size: number, ttlMs: number | undefined): string {
    const ttl = ttlMs === undefined ? '' : `&ttl_ms=${ttlMs}`;
    return `PUT ${this.#target}${keyParameter(key)}${ttl}${this.#tail}Content-Length: ${size}\r\n\r\n`;
  }

  delete(key: string): string {
    return `DELETE ${this.#target}${keyParameter(key)}${this.#tail}\r\n`;
  }
}

/** A key with control characters is no text to the API. */
function keyParameter(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  if (/[\x00-\x1f\x7f]/.test(key)) return `key_base64=${Buffer.from(key).toString('base64url')}`;
  return `key=${encodeURIComponent(key)}`;
}
