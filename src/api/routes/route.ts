import type { z } from 'zod';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Session } from '../../tokens/session.ts';
import type { Gateway } from '../gateway.ts';
import type { Exchange, Reply } from '../http/exchange.ts';

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'QUERY';

/**
 * A parameter: decoded as its kind says, then judged by its schema. An integer is decimal digits with an
 * optional sign; a flag is `true` or `false`; a list, of the query only, is every value given under the name.
 */
export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
  readonly kind: 'string' | 'integer' | 'flag' | 'list';
  readonly schema: z.ZodType;
  readonly required: boolean;
  readonly description: string;
  readonly example?: string | number | boolean;
}

/** A representation of a body: bytes as they are, text, or a schema in the content types named. */
export interface Representation {
  readonly contentTypes: readonly string[];
  readonly schema: z.ZodType | 'bytes' | 'text';
}

export interface RequestBodyShape extends Representation {
  readonly required: boolean;
  readonly limitBytes: number;
  readonly description: string;
}

export interface ResponseShape {
  readonly description: string;
  readonly body?: Representation;
  /** Other representations, which the client asks for by `Accept`. */
  readonly alternatives?: readonly Representation[];
  /** Names of response headers from the table in `response-headers.ts`, beside those that every answer has. */
  readonly headers?: readonly string[];
}

/** One operation of the API: its contract, from which `openapi.yaml` is generated, and its handler. */
export interface Route {
  readonly method: Method;
  /** OpenAPI path template. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** `token`: needs one; `public`: needs none and ignores one. */
  readonly access: 'token' | 'public';
  readonly parameters: readonly Parameter[];
  readonly body?: RequestBodyShape;
  /** Successful answers by status. */
  readonly responses: Readonly<Record<number, ResponseShape>>;
  /** Refusals of this operation beside those that every operation of its access has (`problems.ts`). */
  readonly problems: readonly ErrorCode[];
  handle(call: RouteCall): Promise<Reply> | Reply;
}

/** A request that has come to its route, with its token verified when the route needs one. */
export interface RouteCall {
  readonly gateway: Gateway;
  readonly exchange: Exchange;
  /** Path parameters, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** Of a route with `token` access; a public route must not touch it. */
  readonly session: Session;
  /** W3C trace id and parent id as 24 bytes, when the request carries a sampled `traceparent`. */
  readonly trace: Uint8Array | null;
  readonly requestId: string;
}
