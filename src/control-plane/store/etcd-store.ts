/**
 * The coordination store of a fleet on several machines: etcd, v3 API (3.4 and later), through the JSON gateway of
 * its servers. Every entry lies under the fleet's prefix, so that fleets can share a cluster.
 *
 * Reads are linearizable, which is etcd's default. Of a transaction whose answer did not come nobody knows whether
 * it happens, now or later: it rejects with `outcome: unknown`, and is never sent a second time.
 */
import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { type Sleep, sleep } from '../../shared/control-link/backoff.ts';
import {
  assertKey,
  assertLeaseTtl,
  assertTransaction,
  type CoordinationStore,
  type LeaseId,
  leaseIdOf,
  prefixEnd,
  type StoreEntry,
  StoreError,
  type StoreLease,
  type StoreOutcome,
  type StoreTransaction,
  type StoreWatch,
  storeLimits,
} from './coordination-store.ts';
import { EtcdCalls, type EtcdTls } from './etcd/calls.ts';
import { etcdLimits } from './etcd/limits.ts';
import {
  EtcdKeys,
  etcdPaths,
  keepAliveAnswerSchema,
  leaseAnswerSchema,
  rangeAnswerSchema,
  txnAnswerSchema,
} from './etcd/messages.ts';
import { EtcdWatch } from './etcd/watch.ts';

export interface EtcdStoreOptions {
  /** Base URLs of the servers' client ports, at most `etcdLimits.endpointsMax`; each is asked when one fails. */
  readonly endpoints: readonly string[];
  /** Before every key, such as `godwit/`; printable ASCII. */
  readonly prefix: string;
  readonly tls?: EtcdTls | undefined;
  readonly credentials?: { readonly name: string; readonly password: string } | undefined;
  readonly random: () => number;
  readonly clock?: Clock;
  readonly sleep?: Sleep;
}

/** A store on etcd. Nothing is sent before its first use. Throws `RangeError` for no or too many endpoints. */
export function openEtcdStore(options: EtcdStoreOptions): CoordinationStore {
  const { clock = systemClock, sleep: pause = sleep } = options;
  assertKey(options.prefix);
  return new EtcdStore(new EtcdCalls({ ...options, clock, sleep: pause }), new EtcdKeys(options.prefix), {
    random: options.random,
    sleep: pause,
  });
}

type Entries = { readonly entries: StoreEntry[]; readonly revision: number };
const transactBounds = {
  repeatable: false,
  attemptMs: etcdLimits.transactTimeoutMs,
  deadlineMs: etcdLimits.transactTimeoutMs,
};
const renewBounds = {
  repeatable: true,
  attemptMs: etcdLimits.renewAttemptTimeoutMs,
  deadlineMs: etcdLimits.renewDeadlineMs,
};

class EtcdStore implements CoordinationStore {
  readonly #calls: EtcdCalls;
  readonly #keys: EtcdKeys;
  readonly #pauses: { readonly random: () => number; readonly sleep: Sleep };

  constructor(calls: EtcdCalls, keys: EtcdKeys, pauses: { random: () => number; sleep: Sleep }) {
    this.#calls = calls;
    this.#keys = keys;
    this.#pauses = pauses;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    assertKey(key);
    const { kvs } = await this.#calls.call(etcdPaths.range, { key: this.#keys.encode(key) }, rangeAnswerSchema);
    return kvs[0] && this.#keys.entry(kvs[0]);
  }

  async list(prefix: string, page: { after?: string; limit?: number } = {}): Promise<StoreEntry[]> {
    assertKey(prefix);
    const { after, limit } = page;
    const first = after !== undefined && after >= prefix ? `${after}\0` : prefix;
    return (await this.#list(prefix, first, limit ?? Number.POSITIVE_INFINITY)).entries;
  }

  async transact(transaction: StoreTransaction): Promise<StoreOutcome> {
    assertTransaction(transaction);
    const { compare = [], puts = [], deletes = [] } = transaction;
    const message = this.#keys.txn(compare, puts, deletes);
    const { succeeded, header } = await this.#calls.call(etcdPaths.txn, message, txnAnswerSchema, transactBounds);
    return succeeded ? { done: true, revision: header.revision } : { done: false };
  }

  async grantLease(ttlMs: number): Promise<StoreLease> {
    assertLeaseTtl(ttlMs);
    const lease = await this.#calls.call(etcdPaths.grant, { TTL: String(ttlMs / 1_000) }, leaseAnswerSchema);
    return { id: leaseIdOf(lease.ID), ttlMs: lease.TTL * 1_000 };
  }

  async renewLease(id: LeaseId): Promise<boolean> {
    const { result } = await this.#calls.call(etcdPaths.keepAlive, { ID: id }, keepAliveAnswerSchema, renewBounds);
    return result.TTL > 0;
  }

  async endLease(id: LeaseId): Promise<void> {
    try {
      await this.#calls.call(etcdPaths.revoke, { ID: id }, z.unknown(), renewBounds);
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === 'lease_ended')) throw error;
    }
  }

  watch(prefix: string, listener: (entries: readonly StoreEntry[]) => void): StoreWatch {
    assertKey(prefix);
    if (this.#calls.closing.aborted) throw new StoreError('closed', 'the link to etcd is closed');
    const range = { key: this.#keys.encode(prefix), range_end: this.#keys.encode(prefixEnd(prefix)) };
    const source = {
      ...this.#pauses,
      closing: this.#calls.closing,
      list: () => this.#list(prefix, prefix, storeLimits.watchedEntriesMax),
      stream: (revision: number, signal: AbortSignal) => {
        const message = { create_request: { ...range, start_revision: String(revision) } };
        return this.#calls.stream(etcdPaths.watch, message, signal);
      },
    };
    return new EtcdWatch(source, listener);
  }

  async revision(): Promise<number> {
    // Any key that this fleet may read: the answer's head is what counts.
    const message = { key: this.#keys.encode(''), count_only: true };
    return (await this.#calls.call(etcdPaths.range, message, rangeAnswerSchema)).header.revision;
  }

  async compact(revision: number): Promise<void> {
    await this.#calls.call(etcdPaths.compaction, { revision: String(revision) }, z.unknown());
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  /** Entries from `first` to the end of `prefix`, in pages, all as of the revision of the first page. */
  async #list(prefix: string, first: string, limit: number): Promise<Entries> {
    const range_end = this.#keys.encode(prefixEnd(prefix));
    const entries: StoreEntry[] = [];
    let revision = 0;
    for (let key = first; ; key = `${entries.at(-1)!.key}\0`) {
      const wanted = Math.min(limit - entries.length, etcdLimits.listPageEntries);
      const message = {
        key: this.#keys.encode(key),
        range_end,
        limit: String(wanted),
        ...(revision === 0 ? {} : { revision: String(revision) }),
      };
      const { kvs, more, header } = await this.#calls.call(etcdPaths.range, message, rangeAnswerSchema);
      if (revision === 0) revision = header.revision;
      for (const kv of kvs) entries.push(this.#keys.entry(kv));
      if (!more || entries.length >= limit) return { entries, revision };
    }
  }
}
