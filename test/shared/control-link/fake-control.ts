import type { Fetch } from '../../../src/shared/control-link/call.ts';

export interface SeenCall {
  readonly url: URL;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

type Handler = (call: SeenCall) => unknown;

/** A `fetch` that answers from `handle`: a value becomes JSON, a `Response` stays, an error is thrown. */
export function fakeFetch(handle: Handler): { fetch: Fetch; calls: SeenCall[] } {
  const calls: SeenCall[] = [];
  const fetch: Fetch = async (url, init) => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    const call = { url: new URL(url), body, signal: init.signal! };
    calls.push(call);
    const result = await handle(call);
    return result instanceof Response ? result : Response.json(result);
  };
  return { fetch, calls };
}

/** Never answers; ends when the caller gives up. */
export function hang(call: SeenCall): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(call.signal.reason);
    if (call.signal.aborted) give();
    call.signal.addEventListener('abort', give);
  });
}

export function refused(): never {
  throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
}

export function broken(): never {
  throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
}

export function problem(code: string, status: number): Response {
  return Response.json({ code, detail: 'as told', extra: { limit: 3 } }, { status });
}
