import type { FleetClient } from '../../routing/fleet-client.ts';
import { murmur3 } from '../../shared/hash.ts';
import type { CacheHandle, IdempotencyMark } from '../../shared/operation.ts';
import type { Exchange } from '../http/exchange.ts';
import { refusalOf } from './scalars/outcome.ts';

const encoder = new TextEncoder();
/** Bytes of an id and of a fingerprint: half a SHA-256, beyond any chance of meeting another. */
const markBytes = 16;

/** Headers that change what a request does, beside its target and body. */
const fingerprinted = ['content-type', 'if-match', 'if-none-match', 'godwit-compare-length'] as const;

/**
 * Whose keys they are: those of one grant. Another token of the account neither learns of them nor can use them up.
 */
export interface IdempotencyHolder {
  readonly account: string;
  readonly jti: string;
}

/**
 * The idempotency of one request: its key among its holder's, and a fingerprint of all that it asks. Records are
 * kept with the items that the request writes; the key itself is claimed at a place of its own first, so that
 * its use with another request is refused before anything is done.
 */
export class Idempotency {
  readonly #holder: IdempotencyHolder;
  readonly #key: string;
  readonly fingerprint: Uint8Array;

  private constructor(holder: IdempotencyHolder, key: string, fingerprint: Uint8Array) {
    this.#holder = holder;
    this.#key = key;
    this.fingerprint = fingerprint;
  }

  /** Of a request whose key is given as a structured string (`"…"`) or bare; both name the same key. */
  static async of(holder: IdempotencyHolder, key: string, exchange: Exchange, body: Uint8Array): Promise<Idempotency> {
    const bare = key.startsWith('"') ? key.slice(1, -1) : key;
    const query = exchange.query
      .split('&')
      .filter((part) => !part.startsWith('token='))
      .join('&');
    const headers = fingerprinted.map((name) => exchange.header(name) ?? '');
    const head = encoder.encode(JSON.stringify([exchange.method, exchange.path, query, ...headers]));
    return new Idempotency(holder, bare, await digest(head, body));
  }

  /** Claims the key for this request; raises `idempotency_key_reused` when another has it, or the fleet's errors. */
  async claim(fleet: FleetClient, cache: CacheHandle): Promise<void> {
    const id = await this.#id('claim', 0);
    const target = { cache, key: id, hash: murmur3(id, 0, id.length, 0) };
    const result = await fleet.execute({
      kind: 'claim',
      ...target,
      idempotency: { id, fingerprint: this.fingerprint },
    });
    const refusal = refusalOf(result);
    if (refusal !== null) throw refusal;
  }

  /** The mark of the `index`-th write of the request. */
  async mark(index = 0): Promise<IdempotencyMark> {
    return { id: await this.#id('write', index), fingerprint: this.fingerprint };
  }

  /** The key within its account, for records that are not kept in storage nodes. */
  get text(): string {
    return JSON.stringify([this.#holder.account, this.#holder.jti, this.#key]);
  }

  #id(use: string, index: number): Promise<Uint8Array> {
    return digest(
      encoder.encode(JSON.stringify([this.#holder.account, this.#holder.jti, this.#key, use, index])),
      new Uint8Array(0),
    );
  }
}

/** The first half of the SHA-256 of two parts, the first with its length. */
async function digest(head: Uint8Array, body: Uint8Array): Promise<Uint8Array> {
  const bytes = new Uint8Array(4 + head.length + body.length);
  new DataView(bytes.buffer).setUint32(0, head.length);
  bytes.set(head, 4);
  bytes.set(body, 4 + head.length);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).subarray(0, markBytes);
}
