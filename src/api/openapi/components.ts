import { type ErrorCode, errorKinds } from '../../shared/errors.ts';
import { problemContentType, problemType } from '../http/problem.ts';
import {
  headersOfEveryAnswer,
  type ResponseHeader,
  type ResponseHeaderName,
  responseHeaders,
} from '../http/response-headers.ts';
import { headersOfProblems } from '../problems.ts';
import type { Parameter } from '../routes/route.ts';
import { problemSchema } from './problem-schema.ts';
import { type JsonSchema, Schemas } from './schemas.ts';

/** A part of a document: an object of OpenAPI, or a reference to one. */
export type Part = Record<string, unknown>;

/** What operations share, gathered while they are described: each part is written once and pointed at. */
export class Components {
  readonly schemas = new Schemas();
  readonly #parameters = new Map<string, Part>();
  readonly #headers = new Map<string, Part>();
  readonly #responses = new Map<string, Part>();

  /** A reference to a parameter. Parameters of one name that differ get numbered components. */
  parameter(parameter: Parameter): Part {
    const { name, in: place, required, description, example } = parameter;
    const part = {
      name,
      in: place,
      ...(required ? { required } : {}),
      description,
      schema: this.schemas.of(parameter.schema, 'input'),
      ...(example === undefined ? {} : { example }),
    };
    return reference('parameters', shared(this.#parameters, pascalCase(name), part));
  }

  /** References to the headers of an answer, those of every answer included. */
  headers(names: readonly string[]): Part {
    const all = [...new Set([...names, ...headersOfEveryAnswer])];
    return Object.fromEntries(all.map((name) => [name, this.#header(name)]));
  }

  /** A reference to the answer that refuses with one of these codes, which all have one status. */
  problem(codes: readonly ErrorCode[]): Part {
    const name = codes.map(pascalCase).join('Or');
    if (!this.#responses.has(name))
      this.#responses.set(name, {
        description: codes.map((code) => `\`${code}\`: ${errorKinds[code].doc}`).join('\n\n'),
        headers: this.headers(headersOfProblems(codes)),
        content: {
          [problemContentType]: {
            schema: this.schemas.of(problemSchema, 'output'),
            examples: Object.fromEntries(codes.map((code) => [code, { value: exampleProblem(code) }])),
          },
        },
      });
    return reference('responses', name);
  }

  toObject(): Part {
    return {
      schemas: this.schemas.components,
      parameters: sorted(this.#parameters),
      headers: sorted(this.#headers),
      responses: sorted(this.#responses),
    };
  }

  #header(name: string): Part {
    const header: ResponseHeader | undefined = responseHeaders[name as ResponseHeaderName];
    if (header === undefined) throw new Error(`The response header ${name} is not in response-headers.ts.`);
    const id = pascalCase(name);
    if (!this.#headers.has(id)) {
      const schema: JsonSchema = this.schemas.of(header.schema, 'output');
      const { description, example } = header;
      this.#headers.set(id, { description, schema, ...(example === undefined ? {} : { example }) });
    }
    return reference('headers', id);
  }
}

/** The component that holds the part: one that is the same, or a new one. */
function shared(components: Map<string, Part>, base: string, part: Part): string {
  const text = JSON.stringify(part);
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}${number}`;
    const known = components.get(id);
    if (known === undefined) components.set(id, part);
    if (known === undefined || JSON.stringify(known) === text) return id;
  }
}

function exampleProblem(code: ErrorCode): Part {
  const { status, title, retryable, doc } = errorKinds[code];
  return { type: problemType(code), title, status, detail: doc, code, retryable };
}

function reference(kind: string, id: string): Part {
  return { $ref: `#/components/${kind}/${id}` };
}

function sorted(parts: Map<string, Part>): Part {
  return Object.fromEntries([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pascalCase(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
