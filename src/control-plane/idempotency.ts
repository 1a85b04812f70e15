/**
 * The idempotency records of administrative calls. A record is stored in the same transaction as its change,
 * so a call that was carried out is always recognised. Only answers of carried-out calls are recorded: a
 * refused call has done nothing and may be tried again under its key.
 */
import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import type { Change } from './fleet.ts';
import { controlPlaneLimits } from './limits.ts';
import { entryKeys, idempotencyRecordSchema, parseRecord, prefixes } from './records.ts';
import type { CoordinationStore } from './store/coordination-store.ts';

/** What a caller sends to have a retry recognised; the fingerprint stands for the whole request. */
export interface IdempotencyClaim {
  readonly key: string;
  readonly fingerprint: string;
}

interface Expiry {
  readonly entryKey: string;
  readonly expiresAtMs: number;
}

export class IdempotencyRecords {
  readonly #store: CoordinationStore;
  readonly #clock: Clock;
  /** Oldest first; what is in the store, without the answers. */
  #expiries: Expiry[];

  private constructor(store: CoordinationStore, clock: Clock, expiries: Expiry[]) {
    this.#store = store;
    this.#clock = clock;
    this.#expiries = expiries;
  }

  static async open(store: CoordinationStore, clock: Clock): Promise<IdempotencyRecords> {
    const expiries = (await store.list(prefixes.idempotency)).map((entry) => {
      const record = parseRecord(idempotencyRecordSchema, 'idempotency record', entry.value);
      return { entryKey: entry.key, expiresAtMs: record.created_at_ms + limits.idempotencyWindowMs };
    });
    expiries.sort((a, b) => a.expiresAtMs - b.expiresAtMs);
    return new IdempotencyRecords(store, clock, expiries);
  }

  get size(): number {
    return this.#expiries.length;
  }

  /**
   * The first answer under this claim, or undefined when the call is new. Throws `idempotency_key_reused`
   * when the key came with another fingerprint, `overloaded` when no more records fit.
   */
  async find(account: string, claim: IdempotencyClaim): Promise<{ answer: unknown } | undefined> {
    const entry = await this.#store.get(entryKeys.idempotency(account, claim.key));
    if (entry) {
      const record = parseRecord(idempotencyRecordSchema, 'idempotency record', entry.value);
      if (record.created_at_ms + limits.idempotencyWindowMs > this.#clock.wallMs()) {
        if (record.fingerprint === claim.fingerprint) return { answer: record.answer };
        throw new GodwitError('idempotency_key_reused', 'The idempotency key was used with another request.');
      }
    }
    if (this.#expiries.length >= controlPlaneLimits.idempotencyRecordsMax) {
      throw new GodwitError('overloaded', 'Too many calls with an idempotency key within its window.');
    }
    return undefined;
  }

  /** The change with the record of its answer in the same transaction. */
  withRecord<T>(account: string, claim: IdempotencyClaim, change: Change<T>): Change<T> {
    const createdAtMs = this.#clock.wallMs();
    const record = { fingerprint: claim.fingerprint, created_at_ms: createdAtMs, answer: change.answer };
    const entryKey = entryKeys.idempotency(account, claim.key);
    return {
      ...change,
      puts: [...(change.puts ?? []), { key: entryKey, value: JSON.stringify(record) }],
      committed: () => {
        change.committed?.();
        this.#expiries.push({ entryKey, expiresAtMs: createdAtMs + limits.idempotencyWindowMs });
      },
    };
  }

  /** The change that removes records past their window, few at a time; undefined when there are none. */
  prune(): Change<null> | undefined {
    const nowMs = this.#clock.wallMs();
    const firstKept = this.#expiries.findIndex(({ expiresAtMs }) => expiresAtMs > nowMs);
    const expired = firstKept < 0 ? this.#expiries.length : firstKept;
    const count = Math.min(expired, controlPlaneLimits.prunedPerTickMax);
    if (count === 0) return undefined;
    // A key used again after its window has two expiries; the entry goes with the later one.
    const kept = new Set(this.#expiries.slice(count).map(({ entryKey }) => entryKey));
    const gone = new Set(this.#expiries.slice(0, count).map(({ entryKey }) => entryKey));
    return {
      answer: null,
      deletes: [...gone].filter((entryKey) => !kept.has(entryKey)),
      committed: () => {
        this.#expiries = this.#expiries.slice(count);
      },
    };
  }
}
