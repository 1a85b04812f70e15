import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import type { CacheHandle, Target } from '../../../shared/operation.ts';
import { keyHash } from '../../../shared/slots.ts';
import type { CacheAccess } from '../../../tokens/permissions.ts';
import { decodeBase64 } from '../../http/base64.ts';
import type { Arguments } from '../arguments.ts';
import { fromControl } from '../control-call.ts';
import { cacheNameSchema } from '../parameters.ts';
import type { RouteCall } from '../route.ts';

const encoder = new TextEncoder();

/** What an operation does to its item, which decides the right that it needs. */
export type Need =
  /** Its answer tells what is stored. */
  | 'read'
  /** It changes what is stored and its answer tells nothing of it. */
  | 'write'
  /** It changes what is stored, and its answer tells of it: a token that may only write must not have it. */
  | 'read_write';

/** An item that a call may touch, as its token was checked against the very bytes that are sent on. */
export interface Item extends Target {
  /** Whether the token may learn what is stored, such as an entity tag. */
  readonly mayRead: boolean;
}

/** The item of a call, its right checked. Raises `invalid_argument`, `permission_denied`, `cache_not_found`. */
export async function itemOf(call: RouteCall, values: Arguments, need: Need): Promise<Item> {
  const key = keyOf(values['key'] as string | undefined, values['key_base64'] as string | undefined);
  const access = accessTo(call, need);
  requireAccess(access, key, need);
  const cache = await cacheOf(call, need !== 'read');
  return { cache, key, hash: keyHash(cache.seed, key), mayRead: access.mayRead(key) };
}

/** The rights in the cache of a call's path; refused at once when there are none that the need could use. */
export function accessTo(call: RouteCall, need: Need): CacheAccess {
  const access = call.session.permissions.cacheAccess(cacheName(call));
  if (access.none) throw denied(need);
  return access;
}

/** Raises `permission_denied` unless the key may be used as needed. */
export function requireAccess(access: CacheAccess, key: Uint8Array, need: Need): void {
  const readable = need === 'write' || access.mayRead(key);
  const writable = need === 'read' || access.mayWrite(key);
  if (!readable || !writable) throw denied(need);
}

export function denied(need: Need): GodwitError {
  return new GodwitError('permission_denied', `The token does not grant ${need.replace('_', ' and ')} here.`);
}

/** The cache of a call's path; one that does not exist is created when the server is set so and the call writes. */
export async function cacheOf(call: RouteCall, writes: boolean): Promise<CacheHandle> {
  const { gateway, session } = call;
  const name = cacheName(call);
  const known = gateway.fleet.directory.find(session.account, name);
  if (known !== undefined) return known;
  if (writes && gateway.settings.createCaches)
    await fromControl(gateway.parts.control.createCache({ account: session.account, name, settings: {} }));
  return gateway.cache(session, name);
}

export function cacheName(call: RouteCall): string {
  const name = call.path['cache']!;
  if (cacheNameSchema.safeParse(name).success) return name;
  if (name.length > limits.cacheNameLengthMax)
    throw invalidArgument('The cache name is too long.', { limit: limits.cacheNameLengthMax, actual: name.length });
  throw invalidArgument('A cache name holds letters, digits and . _ ~ : - only.');
}

/** The key's bytes; raises `invalid_argument` when neither or both forms are given, or its length is out of range. */
export function keyOf(text: string | undefined, base64: string | undefined): Uint8Array {
  if ((text === undefined) === (base64 === undefined))
    throw invalidArgument('Give exactly one of the parameters key and key_base64.');
  const bytes = text === undefined ? decodeBase64(base64!) : keyFromText(text);
  if (bytes === undefined) throw invalidArgument('The parameter key_base64 is neither base64 nor base64url.');
  return checkKeyLength(bytes);
}

/** A key given as text: no control characters, which only hide in logs and terminals; `key_base64` takes any bytes. */
export function keyFromText(text: string): Uint8Array {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  if (/[\x00-\x1f\x7f]/.test(text)) throw invalidArgument('A key with control characters has to be sent as base64.');
  if (!text.isWellFormed()) throw invalidArgument('The key is not well-formed Unicode.');
  return encoder.encode(text);
}

export function checkKeyLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length < limits.keySizeBytesMin || bytes.length > limits.keySizeBytesMax)
    throw invalidArgument('The key is empty or too long (bytes).', {
      limit: bytes.length === 0 ? limits.keySizeBytesMin : limits.keySizeBytesMax,
      actual: bytes.length,
    });
  return bytes;
}

/** The TTL of a write in ms: the one given, else the cache's default. */
export function ttlOf(values: Arguments, cache: CacheHandle): number {
  return explicitTtlOf(values) ?? cache.settings.default_ttl_ms;
}

export function explicitTtlOf(values: Arguments): number | undefined {
  const seconds = values['ttl_seconds'] as number | undefined;
  const milliseconds = values['ttl_ms'] as number | undefined;
  if (seconds !== undefined && milliseconds !== undefined)
    throw invalidArgument('Give at most one of the parameters ttl_seconds and ttl_ms.');
  return milliseconds ?? (seconds === undefined ? undefined : seconds * 1_000);
}
