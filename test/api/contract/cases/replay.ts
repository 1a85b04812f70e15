import { expect } from 'vitest';
import type { SeenResponse } from '../contract.ts';

export function mark(key: string): Record<string, string> {
  return { 'idempotency-key': key };
}

/** The second answer to an idempotency key says that it is the first one again. */
export function expectReplay({ headers }: SeenResponse): void {
  expect(headers['idempotent-replayed']).toBe('true');
}
