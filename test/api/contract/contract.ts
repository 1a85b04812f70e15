import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { decode } from 'cborg';
import { parse } from 'yaml';
import { protocolHeaders } from '../../../src/api/http/response-headers.ts';

interface Reference {
  readonly $ref: string;
}

interface MediaType {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly headers?: Readonly<Record<string, Reference>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface DescribedParameter {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters: readonly Reference[];
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, Answer | Reference>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

/** A response as it came over the wire, decompressed. */
export interface SeenResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** One operation of `openapi.yaml`, its references followed. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly DescribedParameter[];
  readonly requestTypes: readonly string[];
  readonly answers: ReadonlyMap<number, DescribedAnswer>;
}

export interface DescribedAnswer {
  /** Where the answer stands in the document, as a JSON pointer. */
  readonly pointer: string;
  /** Lower-case names, with where their schema stands. */
  readonly headers: ReadonlyMap<string, string>;
  readonly contentTypes: readonly string[];
  /** Codes of problem documents; empty for success. */
  readonly codes: readonly string[];
}

const document = parse(readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8')) as Document;
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
ajv.addSchema({ ...document, $id: 'godwit:contract' });
const compiled = new Map<string, ValidateFunction>();

/** What `openapi.yaml` describes, by operation id. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([key, described]) => {
      const method = key.replace(/^x-/, '').toUpperCase();
      return [described.operationId, operationOf(method, path, key, described)] as const;
    }),
  ),
);

/** What a response has that the document does not declare; empty when they agree. */
export function violations(operation: Operation, response: SeenResponse): string[] {
  const answer = operation.answers.get(response.status);
  if (answer === undefined) return [`status ${response.status} is not declared: ${excerpt(response.body)}`];
  return [...headerViolations(answer, response), ...bodyViolations(operation, answer, response)];
}

/** The media type of a response without its parameters; undefined when it has none. */
export function mediaTypeOf(response: SeenResponse): string | undefined {
  const value = response.headers['content-type'];
  return typeof value === 'string' ? value.split(';')[0]!.trim().toLowerCase() : undefined;
}

/** The code of a problem document; undefined for any other body. */
export function codeOf(response: SeenResponse): string | undefined {
  if (mediaTypeOf(response) !== 'application/problem+json' || response.body.length === 0) return undefined;
  return (JSON.parse(textOf(response.body)) as { code: string }).code;
}

function headerViolations(answer: DescribedAnswer, response: SeenResponse): string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(response.headers)) {
    if (protocolHeaders.includes(name)) continue;
    const pointer = answer.headers.get(name);
    if (pointer === undefined) found.push(`header ${name} is not declared for ${response.status}`);
    else if (!accepts(`${pointer}/schema`, value, true)) found.push(`header ${name} is not as declared: ${value}`);
  }
  return found;
}

function bodyViolations(operation: Operation, answer: DescribedAnswer, response: SeenResponse): string[] {
  const type = mediaTypeOf(response);
  const declared = answer.contentTypes.find((one) => one === '*/*' || one === type);
  if (response.body.length === 0)
    return type === undefined || declared !== undefined ? [] : [`content type ${type} is not declared`];
  if (declared === undefined) return [`content type ${type} is not declared for ${response.status}`];
  if (declared === '*/*' || (!type!.endsWith('json') && type !== 'application/cbor')) return [];
  const value =
    type === 'application/cbor' ? withoutByteStrings(decode(response.body)) : JSON.parse(textOf(response.body));
  if (!accepts(`${answer.pointer}/content/${escaped(declared)}/schema`, value))
    return [`body of ${response.status} is not as declared: ${excerpt(response.body)}`];
  const code = codeOf(response);
  if (code !== undefined && !answer.codes.includes(code))
    return [`code ${code} is not declared for ${operation.operationId}`];
  return [];
}

function accepts(pointer: string, value: unknown, isHeader = false): boolean {
  let validate = compiled.get(pointer);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `godwit:contract#${pointer.split('/').map(encodeURIComponent).join('/')}` });
    compiled.set(pointer, validate);
  }
  return validate(value) || (isHeader && typeof value === 'string' && /^\d+$/.test(value) && validate(Number(value)));
}

function operationOf(method: string, path: string, key: string, described: DescribedOperation): Operation {
  const base = `/paths/${escaped(path)}/${key}/responses`;
  const answers = Object.entries(described.responses).map(([status, answer]) => {
    const pointer = '$ref' in answer ? answer.$ref.slice(1) : `${base}/${status}`;
    const { headers = {}, content = {} } = '$ref' in answer ? (resolve(answer) as Answer) : answer;
    return [
      Number(status),
      {
        pointer,
        headers: new Map(Object.entries(headers).map(([name, { $ref }]) => [name.toLowerCase(), $ref.slice(1)])),
        contentTypes: Object.keys(content),
        codes: Object.keys(content['application/problem+json']?.examples ?? {}),
      },
    ] as const;
  });
  return {
    operationId: described.operationId,
    method,
    path,
    parameters: described.parameters.map((reference) => resolve(reference) as DescribedParameter),
    requestTypes: Object.keys(described.requestBody?.content ?? {}),
    answers: new Map(answers),
  };
}

function resolve({ $ref }: Reference): unknown {
  return $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((part, name) => (part as Record<string, unknown>)[name.replaceAll('~1', '/')], document);
}

/** A name as a part of a JSON pointer (RFC 6901 §3). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A decoded CBOR value in the form that its schema describes: bytes as JSON carries them. */
function withoutByteStrings(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: value.toBase64() };
  if (Array.isArray(value)) return value.map(withoutByteStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutByteStrings(inner)]));
}

function excerpt(body: Uint8Array): string {
  return textOf(body.subarray(0, 300));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
