import { request } from 'node:http';
import type { Answer } from '../api/routes/administration.ts';

export interface RawCallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One call whose path goes out exactly as written: a URL would resolve `%2e%2e` and more. */
export function rawCall(baseUrl: string, path: string, options: RawCallOptions = {}): Promise<Answer> {
  const { hostname, port } = new URL(baseUrl);
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const call = request({ host: hostname, port, path, method, headers, agent: false, timeout: 10_000 });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { rawHeaders } = response;
      const fields = rawHeaders.flatMap((name, i): [string, string][] => (i % 2 ? [] : [[name, rawHeaders[i + 1]!]]));
      const isJson = response.headers['content-type']?.includes('json') === true;
      resolve({
        status: response.statusCode!,
        headers: new Headers(fields),
        json: isJson && text !== '' ? JSON.parse(text) : undefined,
        text,
      });
    });
    call.end(body);
  });
}
