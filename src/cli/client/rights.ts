import { type AuthorizationDetail, authorizationDetailSchema } from '../../tokens/authorization-details.ts';
import { configurationError } from '../cli-error.ts';

const cacheActions: Readonly<Record<string, readonly string[]>> = {
  read: ['read'],
  write: ['write'],
  readwrite: ['read', 'write'],
};
const topicActions: Readonly<Record<string, readonly string[]>> = {
  publish: ['publish'],
  subscribe: ['subscribe'],
  both: ['publish', 'subscribe'],
};

/**
 * A right as written after `--allow`, such as `cache:read:sessions:prefix=user-`, as an entry of
 * `authorization_details`. Names are percent-encoded where they hold a comma, a colon or a percent sign.
 * @throws CliError (exit code 2)
 */
export function parseRight(text: string): AuthorizationDetail {
  const entry = authorizationDetailSchema.safeParse(toDetail(text));
  if (!entry.success) {
    throw configurationError(
      'bad --allow: expected rights such as cache:readwrite:default or topic:publish:default:*; see godwit token issue --help',
    );
  }
  return entry.data;
}

/** An entry that the schema still has to check; undefined for what cannot be one. */
function toDetail(text: string): unknown {
  const [type, role, cache, selector, ...more] = text.split(':');
  if (more.length > 0) return undefined;
  switch (type) {
    case 'cache':
      return {
        type,
        cache: decoded(cache),
        ...selected('item', keySelector(selector)),
        actions: cacheActions[role ?? ''],
      };
    case 'topic':
      return {
        type,
        cache: decoded(cache),
        ...selected('topic', topicSelector(selector)),
        actions: topicActions[role ?? ''],
      };
    case 'administration':
      if (selector !== undefined) return undefined;
      return { type, ...selected('caches', decoded(cache)), actions: cacheActions[role ?? 'readwrite'] };
    case 'token_issuance':
      return role === undefined ? { type, actions: ['issue', 'revoke', 'list'] } : undefined;
    case 'operations':
      return role === undefined ? { type, actions: ['read'] } : undefined;
    default:
      return undefined;
  }
}

function selected(field: string, selector: unknown): object {
  return selector === undefined ? {} : { [field]: selector };
}

function keySelector(text: string | undefined): unknown {
  if (text === undefined || text === '*') return text;
  if (text.startsWith('key=')) return { key: decoded(text.slice(4)) };
  if (text.startsWith('prefix=')) return { key_prefix: decoded(text.slice(7)) };
  // neither all, nor a key, nor a prefix: no schema takes null
  return null;
}

function topicSelector(text: string | undefined): unknown {
  if (text === undefined || text === '*') return text;
  return text.startsWith('prefix=') ? { prefix: decoded(text.slice(7)) } : { name: decoded(text) };
}

function decoded(text: string | undefined): string | null | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
