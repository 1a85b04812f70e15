import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GodwitError } from '../../shared/errors.ts';
import { hopLimits } from '../../shared/limits.ts';
import type { CacheHandle, OperationResult } from '../../shared/operation.ts';
import { keyHash } from '../../shared/slots.ts';
import type { Gateway } from '../gateway.ts';
import type { Reply } from '../http/exchange.ts';
import { asGodwitError, problemReply } from '../http/problem.ts';
import { getItem, unconditionalAnswer } from '../routes/scalars/get-item.ts';
import { sendReply } from './node-exchange.ts';

const keyStart = 'key='.length;
/** Longest key that takes this path: any limit of a key is above it. */
const plainKeyLengthMax = 250;
/** Whether a character of a query decodes to itself and ends nothing. */
const plainCharacters = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:@/-')
  plainCharacters[character.charCodeAt(0)] = 1;

/** The key of a query that is `key` alone, in plain characters; undefined for any other query. */
function plainKey(query: string): string | undefined {
  const { length } = query;
  if (length <= keyStart || length > keyStart + plainKeyLengthMax || !query.startsWith('key=')) return undefined;
  for (let i = keyStart; i < length; i++) {
    const code = query.charCodeAt(i);
    if (code > 127 || plainCharacters[code] === 0) return undefined;
  }
  return query.slice(keyStart);
}

/** Headers that make a GET more than plain, by their length; any of them sends it the ordinary way. */
const specialHeaders: readonly (readonly string[])[] = (() => {
  const byLength: string[][] = Array.from({ length: 32 }, () => []);
  for (const name of ['origin', 'if-match', 'traceparent', 'read-concern', 'x-request-id', 'if-none-match'])
    byLength[name.length]!.push(name);
  return byLength;
})();

/**
 * The fast path of the GET that caches mostly see: a plain key, a token verified before, nothing conditional.
 * It does what the ordinary path does (a test holds the two together), without promises, parameter maps or
 * schemas. Returns false, with nothing done, for every request that is anything else or would be refused.
 */
export function serveGetPlainly(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  cacheName: string,
  query: string,
): boolean {
  const { parts } = gateway;
  const startMs = parts.clock.monotonicMs();
  const key = plainKey(query);
  const token = key === undefined ? undefined : plainToken(request.rawHeaders);
  const session = token === undefined ? undefined : parts.verifier.cached(token);
  if (key === undefined || session === undefined) return false;
  const cache = gateway.fleet.directory.find(session.account, cacheName);
  const access = session.permissions.cacheAccess(cacheName);
  const keyBytes = Buffer.from(key, 'latin1');
  if (cache === undefined || !access.mayRead(keyBytes)) return false;
  const operation = {
    kind: 'get',
    cache,
    key: keyBytes,
    hash: keyHash(cache.seed, keyBytes),
    balanced: false,
  } as const;
  gateway.fleet.submit(operation, null, hopLimits.deadlineMs, (result, error) => {
    const wallMs = parts.clock.wallMs();
    const reply = replyOf(cache, result, error, wallMs);
    sendReply(request, response, gateway.finish(getItem, null, reply, gateway.newRequestId(), startMs), wallMs);
  });
  return true;
}

/** The token of the one `Authorization` header; undefined when there is none, several, or a special header. */
function plainToken(raw: readonly string[]): string | undefined {
  let token: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      const value = raw[i + 1]!;
      if (token !== undefined || !value.startsWith('Bearer ')) return undefined;
      token = value.slice(7);
      continue;
    }
    const special = specialHeaders[name.length];
    if (special !== undefined && special.length > 0 && special.includes(name.toLowerCase())) return undefined;
  }
  return token;
}

function replyOf(cache: CacheHandle, result: OperationResult | null, error: GodwitError | null, wallMs: number): Reply {
  if (result === null) return problemReply(error!);
  try {
    return unconditionalAnswer(cache, result, wallMs);
  } catch (refusal) {
    return problemReply(asGodwitError(refusal));
  }
}
