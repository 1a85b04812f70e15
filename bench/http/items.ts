import type { PlannedRequest } from '../support/load-plan.ts';

/** Keys of the bench; few enough to be in every cache, many enough that no answer can be the last one again. */
export const keyCount = 1_000;
export const valueBytes = 100;
/** Keys of one multi-get. */
export const multiGetKeys = 100;
/** Long enough that nothing expires while the bench runs. */
export const ttlSeconds = 3_600;

/** `key-000042` */
export function keyOf(index: number): string {
  return `key-${String(index % keyCount).padStart(6, '0')}`;
}

/** 100 printable bytes that name their key, so that a mixed-up answer is seen. */
export function textOf(index: number): string {
  return `value of ${keyOf(index)} `.padEnd(valueBytes, 'abcdefghijklmnopqrstuvwxyz0123456789');
}

export interface RequestParts {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
}

/** A request as it goes onto the wire, with what its answer must be. */
export function planned(parts: RequestParts, answer: Omit<PlannedRequest, 'bytes'>): PlannedRequest {
  const body = Buffer.from(parts.body ?? '');
  const lines = [`${parts.method} ${parts.target} HTTP/1.1`, 'Host: 127.0.0.1', ...(parts.headers ?? [])];
  if (parts.method !== 'GET') lines.push(`Content-Length: ${body.length}`);
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
  return { bytes: bytes.toString('base64'), ...answer };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** One request for each key. */
export function forEachKey(request: (index: number) => PlannedRequest): PlannedRequest[] {
  return Array.from({ length: keyCount }, (_, index) => request(index));
}

/** The indexes of the keys of each multi-get. */
export function multiGetIndexes(): number[][] {
  return Array.from({ length: keyCount / 10 }, (_, first) =>
    Array.from({ length: multiGetKeys }, (_, offset) => first * 10 + offset * 7),
  );
}
