/**
 * The rights of a token, compiled for the hot path: what is asked is one map look-up by cache name and, for
 * tokens narrowed to keys, at most `tokenLimits.detailsMax` comparisons of bytes.
 */
import { type AuthorizationDetails, cachesOf, keysOf, topicsOf } from './authorization-details.ts';
import { covers, type Selector, selectsKey, selectsName } from './selectors.ts';

/** What a token may do with the items of one cache. Keys are the decoded bytes that the data path uses. */
export class CacheAccess {
  /** Whether every key may be read; `mayRead` then need not be asked. */
  readonly readAll: boolean;
  /** Whether every key may be written; `mayWrite` then need not be asked. */
  readonly writeAll: boolean;
  /** Whether no key may be read or written. */
  readonly none: boolean;
  readonly #readable: readonly Selector[];
  readonly #writable: readonly Selector[];

  constructor(readable: readonly Selector[], writable: readonly Selector[]) {
    this.readAll = readable.some((selector) => selector.kind === 'all');
    this.writeAll = writable.some((selector) => selector.kind === 'all');
    this.none = readable.length === 0 && writable.length === 0;
    this.#readable = readable;
    this.#writable = writable;
  }

  mayRead(key: Uint8Array): boolean {
    return this.readAll || anySelects(this.#readable, key);
  }

  mayWrite(key: Uint8Array): boolean {
    return this.writeAll || anySelects(this.#writable, key);
  }
}

function anySelects(selectors: readonly Selector[], key: Uint8Array): boolean {
  for (let i = 0; i < selectors.length; i++) {
    if (selectsKey(selectors[i]!, key)) return true;
  }
  return false;
}

interface TopicGrant {
  readonly caches: Selector;
  readonly topics: Selector;
}

/** The compiled form of `authorization_details`: a union of grants. */
export class Permissions {
  readonly isSuperUser: boolean;
  readonly mayIssue: boolean;
  readonly mayRevoke: boolean;
  readonly mayList: boolean;
  readonly mayReadOperations: boolean;
  /** By name, for each cache that an entry names: at most one per entry, so bounded by the schema. */
  readonly #named: ReadonlyMap<string, CacheAccess>;
  /** Any other cache: what the `*` entries grant. */
  readonly #others: CacheAccess;
  readonly #publish: readonly TopicGrant[];
  readonly #subscribe: readonly TopicGrant[];
  readonly #administerRead: readonly Selector[];
  readonly #administerWrite: readonly Selector[];

  /** `details` must have passed `authorizationDetailsSchema`. */
  constructor(details: AuthorizationDetails) {
    const all: Selector = { kind: 'all' };
    const everyTopic: TopicGrant = { caches: all, topics: all };
    const superUser = details.some((detail) => detail.type === 'super_user');
    const issuance = new Set(details.flatMap((detail) => (detail.type === 'token_issuance' ? detail.actions : [])));
    this.isSuperUser = superUser;
    this.mayIssue = superUser || issuance.has('issue');
    this.mayRevoke = superUser || issuance.has('revoke');
    this.mayList = superUser || issuance.has('list');
    this.mayReadOperations = superUser || details.some((detail) => detail.type === 'operations');
    this.#named = new Map(namedCaches(details).map((name) => [name, accessTo(details, name)]));
    this.#others = superUser ? new CacheAccess([all], [all]) : accessTo(details, undefined);
    this.#publish = superUser ? [everyTopic] : topicGrants(details, 'publish');
    this.#subscribe = superUser ? [everyTopic] : topicGrants(details, 'subscribe');
    this.#administerRead = superUser ? [all] : administered(details, 'read');
    this.#administerWrite = superUser ? [all] : administered(details, 'write');
  }

  /** What may be done with the items of this cache. Built ahead, so a call costs one map look-up. */
  cacheAccess(cacheName: string): CacheAccess {
    return this.#named.get(cacheName) ?? this.#others;
  }

  mayPublish(cacheName: string, topicName: string): boolean {
    return grantsTopic(this.#publish, cacheName, topicName);
  }

  /** Whether there is any topic of this cache, known or not, that may be published to. */
  mayPublishSome(cacheName: string): boolean {
    return this.#publish.some((grant) => selectsName(grant.caches, cacheName));
  }

  maySubscribe(cacheName: string, topicName: string): boolean {
    return grantsTopic(this.#subscribe, cacheName, topicName);
  }

  /** Whether one grant lets every topic of this cache that begins with `prefix`, known or not, be subscribed to. */
  maySubscribePrefix(cacheName: string, prefix: string): boolean {
    const asked: Selector = { kind: 'prefix', text: prefix };
    return this.#subscribe.some((grant) => selectsName(grant.caches, cacheName) && covers(grant.topics, asked));
  }

  /**
   * Whether a cache may be administered; `null` asks for all caches at once. A list of caches needs no such
   * right: it may be answered with those caches for which the right is there.
   */
  mayAdminister(cacheName: string | null, action: 'read' | 'write'): boolean {
    const selectors = action === 'read' ? this.#administerRead : this.#administerWrite;
    return selectors.some((caches) => (cacheName === null ? caches.kind === 'all' : selectsName(caches, cacheName)));
  }
}

/** No names for a super-user: `#others` then answers for all. */
function namedCaches(details: AuthorizationDetails): string[] {
  if (details.some((detail) => detail.type === 'super_user')) return [];
  return details.flatMap((detail) => (detail.type === 'cache' && detail.cache !== '*' ? [detail.cache] : []));
}

/** The union of the entries for this cache and for `*`; undefined: for `*` alone. */
function accessTo(details: AuthorizationDetails, cacheName: string | undefined): CacheAccess {
  const readable: Selector[] = [];
  const writable: Selector[] = [];
  for (const detail of details) {
    if (detail.type !== 'cache' || (detail.cache !== '*' && detail.cache !== cacheName)) continue;
    const keys = keysOf(detail.item);
    if (detail.actions.includes('read')) readable.push(keys);
    if (detail.actions.includes('write')) writable.push(keys);
  }
  return new CacheAccess(readable, writable);
}

function topicGrants(details: AuthorizationDetails, action: 'publish' | 'subscribe'): TopicGrant[] {
  return details.flatMap((detail) =>
    detail.type === 'topic' && detail.actions.includes(action)
      ? [{ caches: cachesOf(detail.cache), topics: topicsOf(detail.topic) }]
      : [],
  );
}

function grantsTopic(grants: readonly TopicGrant[], cacheName: string, topicName: string): boolean {
  return grants.some((grant) => selectsName(grant.caches, cacheName) && selectsName(grant.topics, topicName));
}

function administered(details: AuthorizationDetails, action: 'read' | 'write'): Selector[] {
  return details.flatMap((detail) =>
    detail.type === 'administration' && detail.actions.includes(action) ? [cachesOf(detail.caches)] : [],
  );
}
