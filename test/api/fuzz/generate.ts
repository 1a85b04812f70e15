import { encode } from 'cborg';
import { routes } from '../../../src/api/routes/index.ts';
import type { Parameter, Route } from '../../../src/api/routes/route.ts';
import { ttlModes, valueConditionKinds } from '../../../src/shared/operation.ts';
import { goodRequest } from '../contract/cases/refusals.ts';
import { operations } from '../contract/contract.ts';
import {
  hostileBodies,
  hostileCbor,
  hostileHeaders,
  hostileQueries,
  hostileTexts,
  keyMarker,
  valueMarker,
} from './corpus.ts';
import type { Choices } from './random.ts';

export interface FuzzRequest {
  readonly operationId: string;
  readonly method: string;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** Tokens that a request may carry. */
export interface FuzzTokens {
  readonly admin: string;
  readonly limited: string;
}

/** The cache that the fuzz may do anything to; the one called `default` stays for looking after. */
export const fuzzCache = 'fuzz';

/** Operations whose good form would take the ground from under the run. */
const sparing: ReadonlySet<string> = new Set(['deleteCache', 'rotateKeys']);

/**
 * How likely each part of a request is to be hostile. Most requests have one bad part or none, since what is
 * behind the first refusal is not reached otherwise.
 */
const hostilities = [0, 0.03, 0.1, 0.1, 0.3] as const;

/** A request to some operation: each part left out, good or hostile by chance. */
export function generate(choices: Choices, tokens: FuzzTokens): FuzzRequest {
  const route = choices.of(routes);
  const hostility = choices.of(hostilities);
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathValue(choices, route, name, hostility));
  const query = [...queryParts(choices, route, hostility), ...tokenParts(choices, tokens, hostility)];
  const headers = { ...headersOf(choices, route, hostility), ...authorization(choices, tokens, hostility) };
  const body = bodyOf(choices, route, hostility, headers['content-type']);
  return {
    operationId: route.operationId,
    method: route.method,
    target: query.length === 0 ? path : `${path}?${query.join('&')}`,
    headers,
    body,
  };
}

function pathValue(choices: Choices, route: Route, name: string, hostility: number): string {
  if (choices.chance(hostility)) return encodeURIComponent(notDots(choices.of(hostileTexts)));
  if (name === 'cache') return sparing.has(route.operationId) ? 'another' : fuzzCache;
  if (name === 'topic') return `${keyMarker}-${choices.below(20)}`;
  return name === 'file' ? 'start.js' : 'nobody';
}

/** A segment of dots is no value but another path. */
function notDots(text: string): string {
  return text === '.' || text === '..' || text === '' ? 'x' : text;
}

function queryParts(choices: Choices, route: Route, hostility: number): string[] {
  const good = goodRequest(operations.get(route.operationId)!).query ?? {};
  const parts = route.parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap((parameter) => queryPart(choices, parameter, good[parameter.name], hostility));
  if (choices.chance(hostility / 2)) parts.push(choices.of(hostileQueries));
  return parts;
}

function queryPart(choices: Choices, parameter: Parameter, good: string | undefined, hostility: number): string[] {
  const { name } = parameter;
  if (choices.chance(hostility)) return [`${name}=${encodeURIComponent(choices.of(hostileTexts))}`];
  // A poll would outlast the time that an answer has.
  if (name === 'wait_seconds') return ['wait_seconds=0'];
  if (good === undefined && choices.chance(0.9)) return [];
  const values: Record<string, string> = {
    key: `${keyMarker}-${choices.below(20)}`,
    key_base64: 'AP8',
    compare: valueMarker,
    condition: choices.of(valueConditionKinds),
    mode: choices.of(ttlModes),
    ttl_mode: 'on_create',
  };
  return [`${name}=${encodeURIComponent(values[name] ?? good ?? String(parameter.example ?? '1'))}`];
}

function headersOf(choices: Choices, route: Route, hostility: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const parameter of route.parameters)
    if (parameter.in === 'header' && choices.chance(hostility))
      headers[parameter.name.toLowerCase()] = choices.of(hostileHeaders);
  const others = [
    'x-request-id',
    'traceparent',
    'origin',
    'accept',
    'accept-encoding',
    'range',
    'if-range',
    'cookie',
    '__proto__',
  ];
  for (const name of others) if (choices.chance(0.05)) headers[name] = choices.of(hostileHeaders);
  if (route.body !== undefined) {
    headers['content-type'] = choices.chance(hostility) ? choices.of(hostileHeaders) : contentType(choices, route);
    if (choices.chance(hostility / 4)) headers['content-encoding'] = choices.of(hostileHeaders);
  }
  return headers;
}

function contentType(choices: Choices, route: Route): string {
  const type = choices.of(route.body!.contentTypes);
  return type === '*/*' ? 'text/plain' : type;
}

function tokenParts(choices: Choices, tokens: FuzzTokens, hostility: number): string[] {
  return choices.chance(hostility / 4) ? [`token=${choices.of([tokens.admin, tokens.limited, 'a', ''])}`] : [];
}

function authorization(choices: Choices, { admin, limited }: FuzzTokens, hostility: number): Record<string, string> {
  if (choices.chance(hostility / 4)) return {};
  if (choices.chance(hostility / 2))
    return { authorization: choices.of([...hostileHeaders, `Bearer ${admin.slice(0, -2)}`, `Bearer ${admin}=`]) };
  const token = choices.chance(0.9) ? admin : limited;
  return { authorization: choices.chance(0.5) ? `Bearer ${token}` : token };
}

function bodyOf(
  choices: Choices,
  route: Route,
  hostility: number,
  contentType: string | undefined,
): Uint8Array | undefined {
  if (route.body === undefined) return choices.chance(0.05) ? latin1(choices.of(hostileBodies)) : undefined;
  if (route.body.schema === 'bytes')
    return choices.chance(0.1) ? undefined : latin1(valueMarker.repeat(choices.below(50)));
  const isCbor = contentType === 'application/cbor';
  if (choices.chance(hostility))
    return isCbor ? Uint8Array.fromHex(choices.of(hostileCbor)) : latin1(choices.of(hostileBodies));
  const good = goodRequest(operations.get(route.operationId)!).json;
  const value = choices.chance(hostility * 3) ? spoilt(choices, good) : good;
  return isCbor ? encode(value) : new TextEncoder().encode(JSON.stringify(value));
}

/** A value of which one part, at any depth, is another. */
function spoilt(choices: Choices, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || choices.chance(0.2)) return hostileValue(choices);
  if (Array.isArray(value)) {
    const at = choices.below(value.length + 1);
    return at === value.length
      ? [...value, hostileValue(choices)]
      : value.map((inner, index) => (index === at ? spoilt(choices, inner) : inner));
  }
  const names = Object.keys(value);
  const name = names.length === 0 || choices.chance(0.2) ? choices.of(hostileTexts) : choices.of(names);
  const inner = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : null;
  return { ...value, [name]: spoilt(choices, inner) };
}

function hostileValue(choices: Choices): unknown {
  const text = choices.of(hostileTexts);
  return choices.of([
    text,
    { text },
    { base64: text },
    Number.MAX_SAFE_INTEGER,
    -1,
    0.5,
    1e300,
    true,
    null,
    [],
    {},
    [text],
    { [text]: text },
  ]);
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
