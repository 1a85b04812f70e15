import { headersOfEveryAnswer } from '../../../src/api/http/response-headers.ts';
import { codeOf, mediaTypeOf, type Operation, operations, type SeenResponse } from './contract.ts';

/** Headers that depend on the client or the size of the answer alone: once anywhere is enough. */
const anywhere = new Set([...headersOfEveryAnswer, 'Content-Encoding'].map((name) => name.toLowerCase()));

/** A request as far as a contract describes it. */
export interface SentRequest {
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly hasBody: boolean;
}

/** What of the contract has been seen in use. */
export class Coverage {
  readonly #seen = new Set<string>();

  note(operation: Operation, request: SentRequest, response: SeenResponse): void {
    const { operationId } = operation;
    for (const name of Object.keys(request.query)) this.#seen.add(`${operationId} query ${name}`);
    for (const name of Object.keys(request.headers)) this.#seen.add(`${operationId} header ${name.toLowerCase()}`);
    if (request.hasBody) this.#seen.add(`${operationId} takes ${request.headers['content-type'] ?? '*/*'}`);
    const answer = `${operationId} ${response.status}`;
    const code = codeOf(response);
    this.#seen.add(code === undefined ? answer : `${operationId} ${code}`);
    this.#seen.add(`${answer} gives ${mediaTypeOf(response) ?? 'nothing'}`);
    for (const name of Object.keys(response.headers))
      this.#seen.add(anywhere.has(name) ? `anything has ${name}` : `${answer} has ${name}`);
  }

  /** What the contract declares and nothing has shown, codes left out that `excused` names. */
  unseen(excused: ReadonlySet<string>): string[] {
    const wanted = new Set([...operations.values()].flatMap(declared));
    return [...wanted].filter((one) => !this.#seen.has(one) && !excused.has(one.split(' ').at(-1)!)).sort();
  }
}

function declared(operation: Operation): string[] {
  const { operationId, parameters, requestTypes, answers } = operation;
  const wanted = [
    ...parameters
      .filter((parameter) => parameter.in !== 'path' && !isCommon(parameter.name))
      .map(
        (parameter) =>
          `${operationId} ${parameter.in} ${parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name}`,
      ),
    ...requestTypes.map((type) => `${operationId} takes ${type}`),
  ];
  for (const [status, { headers, contentTypes, codes }] of answers) {
    if (codes.length > 0) {
      // An answer to HEAD has no body to tell its code.
      if (operation.method !== 'HEAD') wanted.push(...codes.map((code) => `${operationId} ${code}`));
      continue;
    }
    const answer = `${operationId} ${status}`;
    wanted.push(answer, ...contentTypes.filter((type) => type !== '*/*').map((type) => `${answer} gives ${type}`));
    for (const name of headers.keys())
      wanted.push(anywhere.has(name) ? `anything has ${name}` : `${answer} has ${name}`);
  }
  return wanted;
}

function isCommon(name: string): boolean {
  return name === 'X-Request-Id' || name === 'traceparent';
}
