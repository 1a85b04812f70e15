import type { CacheHandle, ItemRecord } from '../../../shared/operation.ts';
import { entityTag } from '../../http/entity-tag.ts';
import type { HeaderList, Reply } from '../../http/exchange.ts';
import { HttpDates } from '../../http/http-dates.ts';

const dates = new HttpDates();

/**
 * The headers of an item: its entity tag, and its remaining TTL as `Cache-Status` (RFC 9211, seconds),
 * `Expires` (RFC 9111) and, to the millisecond, `Godwit-Ttl-Ms`.
 */
export function itemHeaders(item: ItemRecord, cache: CacheHandle, wallMs: number): HeaderList {
  return [
    'etag',
    entityTag(item.version),
    'cache-control',
    cache.settings.cache_control,
    'cache-status',
    `godwit; hit; ttl=${Math.floor(item.ttlMs / 1_000)}`,
    'expires',
    dates.at(wallMs + item.ttlMs),
    'godwit-ttl-ms',
    String(item.ttlMs),
  ];
}

/** 200 with the value's bytes under the content type that was put. A browser shows them as nothing active. */
export function itemReply(item: ItemRecord, headers: HeaderList, nodeMicros: number): Reply {
  headers.push('content-type', item.contentType, 'content-security-policy', "default-src 'none'; sandbox");
  return { status: 200, headers, body: item.value, contentLength: item.valueLength, nodeMicros };
}
