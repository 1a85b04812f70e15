import type { GatewaySettings } from '../gateway.ts';

/** Bindings of the worker, named as the environment variables of `godwit gateway` are. */
export interface WorkerEnvironment {
  /** Internal URLs of the control plane, separated by commas. */
  readonly GODWIT_CONTROL_URLS?: string;
  /** A secret, never a variable of `wrangler.toml`. */
  readonly GODWIT_FLEET_SECRET?: string;
  /** `*` or origins, separated by commas. */
  readonly GODWIT_CORS_ORIGINS?: string;
  /** `token` or `open`. */
  readonly GODWIT_METRICS?: string;
  /** `true` or `false`. */
  readonly GODWIT_CREATE_CACHES?: string;
}

export interface WorkerSettings extends GatewaySettings {
  readonly controlUrls: readonly string[];
  readonly fleetSecret: string;
}

/** The settings of a worker. Throws an `Error` that names the binding and what it should be, never what it is. */
export function readSettings(environment: WorkerEnvironment): WorkerSettings {
  return {
    controlUrls: listOf(environment, 'GODWIT_CONTROL_URLS', '').map(baseUrl),
    fleetSecret: required(environment, 'GODWIT_FLEET_SECRET'),
    corsOrigins: listOf(environment, 'GODWIT_CORS_ORIGINS', '*').map(origin),
    metricsAccess: choiceOf(environment, 'GODWIT_METRICS', ['token', 'open']),
    createCaches: choiceOf(environment, 'GODWIT_CREATE_CACHES', ['false', 'true']) === 'true',
    logRequests: false,
  };
}

type Name = keyof WorkerEnvironment;

function required(environment: WorkerEnvironment, name: Name): string {
  const text = environment[name];
  if (typeof text !== 'string' || text === '') throw new Error(`${name} is not set`);
  return text;
}

function listOf(environment: WorkerEnvironment, name: Name, byDefault: string): string[] {
  const text = environment[name] || byDefault || required(environment, name);
  return text.split(',').map((part) => part.trim());
}

/** The first choice is the default. */
function choiceOf<Choice extends string>(
  environment: WorkerEnvironment,
  name: Name,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = environment[name] || choices[0];
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Error(`${name} should be ${choices.join(' or ')}`);
  return found;
}

function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!plain)
    throw new Error('GODWIT_CONTROL_URLS should be URLs such as https://control.example, separated by commas');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function origin(text: string): string {
  if (!/^(\*|https?:\/\/[^\s/?#,]+)$/.test(text))
    throw new Error('GODWIT_CORS_ORIGINS should be * or origins such as https://app.example, separated by commas');
  return text;
}
