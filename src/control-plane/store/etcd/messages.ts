/**
 * The messages of etcd's v3 API as its JSON gateway has them (etcd docs "Why gRPC gateway"; rpc.proto): bytes in
 * base64, 64-bit numbers as text, and members with their zero value left out.
 */
import { z } from 'zod';
import type { StoreCompare, StoreEntry, StorePut } from '../coordination-store.ts';

export const etcdPaths = {
  range: '/v3/kv/range',
  txn: '/v3/kv/txn',
  compaction: '/v3/kv/compaction',
  grant: '/v3/lease/grant',
  keepAlive: '/v3/lease/keepalive',
  /** In 3.4 and later; `/v3/kv/lease/revoke` is its name in 3.3. */
  revoke: '/v3/lease/revoke',
  watch: '/v3/watch',
  authenticate: '/v3/auth/authenticate',
} as const;

/** A 64-bit number. Revisions stay below 2^53 for longer than a cluster lives. */
const countSchema = z.union([z.string(), z.number()]).default('0').transform(Number).pipe(z.int().nonnegative());
const bytesSchema = z.string().default('');
const headerSchema = z.object({ revision: countSchema });
const entrySchema = z.object({ key: bytesSchema, value: bytesSchema, mod_revision: countSchema });

export const rangeAnswerSchema = z.object({
  header: headerSchema,
  kvs: z.array(entrySchema).default([]),
  more: z.boolean().default(false),
});
export const txnAnswerSchema = z.object({ header: headerSchema, succeeded: z.boolean().default(false) });
/** `TTL` in seconds; 0 in an answer to a renewal: the lease has ended. */
export const leaseAnswerSchema = z.object({ ID: z.string().regex(/^\d+$/), TTL: countSchema });
export const keepAliveAnswerSchema = z.object({ result: z.object({ TTL: countSchema }) });
export const tokenAnswerSchema = z.object({ token: z.string() });
export const refusalSchema = z.object({ message: z.string().default(''), code: z.int().default(2) });
export const watchMessageSchema = z.object({
  result: z
    .object({
      header: headerSchema,
      created: z.boolean().default(false),
      /** The server ends the watch: its start was compacted away, or the server is about to stop. */
      canceled: z.boolean().default(false),
      events: z.array(z.unknown()).default([]),
    })
    .optional(),
});

/** Codes of gRPC (google.rpc.Code) in a refusal. */
export const grpcCodes = { notFound: 5, resourceExhausted: 8, unavailable: 14, unauthenticated: 16 } as const;

/**
 * Codes with which a server says that nothing was done: invalid argument, not found, already exists, permission
 * denied, resource exhausted, failed precondition, out of range, unimplemented, unauthenticated. The others (cancelled,
 * deadline exceeded, unavailable and so on) also come after a transaction was proposed, and leave it open.
 */
export const certainCodes: readonly number[] = [3, 5, 6, 7, 8, 9, 11, 12, 16];

/** Codes that no repetition mends: malformed, denied, unknown to the server, unauthenticated. */
export const finalCodes: readonly number[] = [3, 5, 7, 9, 11, 12, 16];

export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** Keys with the prefix under which this fleet's entries are. */
export class EtcdKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  encode(key: string): string {
    return bytesOf(this.#prefix + key);
  }

  /** The message of a transaction (`TxnRequest`). */
  txn(compare: readonly StoreCompare[], puts: readonly StorePut[], deletes: readonly string[]): object {
    return {
      compare: compare.map(({ key, modRevision }) => ({
        key: this.encode(key),
        target: 'MOD',
        result: 'EQUAL',
        mod_revision: String(modRevision),
      })),
      success: [
        ...puts.map(({ key, value, lease }) => ({
          request_put: { key: this.encode(key), value: bytesOf(value), ...(lease === undefined ? {} : { lease }) },
        })),
        ...deletes.map((key) => ({ request_delete_range: { key: this.encode(key) } })),
      ],
    };
  }

  entry({ key, value, mod_revision: modRevision }: z.output<typeof entrySchema>): StoreEntry {
    const full = Buffer.from(key, 'base64').toString('utf8');
    return { key: full.slice(this.#prefix.length), value: Buffer.from(value, 'base64').toString('utf8'), modRevision };
  }
}
