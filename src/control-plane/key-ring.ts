/**
 * The signing keys of the fleet.
 *
 * Rotation overlaps at both ends. A new key is published first (`next`) and signs only after the live
 * gateways have acknowledged it, so no gateway sees a token whose key it does not know. The key that it
 * replaces stays published (`retired`) until the last token it signed has expired; one that signed a token
 * without expiry, the admin key, stays for good.
 */
import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import type { FleetState } from '../shared/fleet-state.ts';
import { generateSigningKey, type SigningKey } from '../tokens/signing-keys.ts';
import type { Change, Fleet } from './fleet.ts';
import { controlPlaneLimits } from './limits.ts';
import {
  entryKeys,
  keyUseSchema,
  parseRecord,
  prefixes,
  type SigningKeyRecord,
  signingKeyRecordSchema,
} from './records.ts';
import { type CoordinationStore, StoreError } from './store/coordination-store.ts';
import { publishedKeys } from './token-sections.ts';

/** The use of a key is noted to the hour, so that most tokens cost no write of it. */
const useStepSeconds = 3_600;

type Put = { key: string; value: string };

export class KeyRing {
  readonly #clock: Clock;
  #records: SigningKeyRecord[];
  /** By key id: until when a token signed by it may live, in seconds; null = for ever. */
  readonly #uses: Map<string, number | null>;

  private constructor(clock: Clock, records: SigningKeyRecord[], uses: Map<string, number | null>) {
    this.#clock = clock;
    this.#records = records;
    this.#uses = uses;
  }

  /** Reads the keys; makes and stores the first one in a new fleet. */
  static async open(fleet: Fleet, clock: Clock): Promise<KeyRing> {
    const entries = await fleet.store.list(prefixes.signingKeys);
    const records = entries.map((entry) => parseRecord(signingKeyRecordSchema, 'signing key', entry.value));
    const ring = new KeyRing(clock, records, await readUses(fleet.store, records));
    if (records.length === 0) {
      const first: SigningKeyRecord = { state: 'current', key: await generateSigningKey(clock) };
      await fleet.change((state) => ring.#replaced(state, [first], null));
    }
    return ring;
  }

  /** The key that signs. */
  get current(): SigningKey {
    const record = this.#records.find(({ state }) => state === 'current');
    if (!record) throw new StoreError('corrupt', 'the coordination store holds no current signing key');
    return record.key;
  }

  /**
   * What notes a token signed by the current key, where that needs an entry. `expiresAt`: seconds; null = never.
   */
  noteUse(expiresAt: number | null): { puts: Put[]; committed: () => void } {
    const { kid } = this.current;
    const known = this.#uses.get(kid);
    if (known === null || (known !== undefined && expiresAt !== null && known >= expiresAt)) {
      return { puts: [], committed: () => {} };
    }
    const until = expiresAt === null ? null : Math.ceil(expiresAt / useStepSeconds) * useStepSeconds;
    return {
      puts: [{ key: entryKeys.keyUse(kid), value: JSON.stringify({ expires_at: until }) }],
      committed: () => this.#uses.set(kid, until),
    };
  }

  /** Publishes a new key that does not sign yet. One left over from a rotation that broke off is taken up again. */
  prepareNext(state: FleetState, fresh: SigningKey): Change<{ kid: string }> {
    const waiting = this.#records.find((record) => record.state === 'next');
    if (waiting) return { answer: { kid: waiting.key.kid } };
    const limit = controlPlaneLimits.signingKeysMax;
    if (this.#records.length >= limit) {
      throw new GodwitError('limit_reached', 'As many signing keys are published as may be.', {
        extra: { limit, actual: this.#records.length },
      });
    }
    return this.#replaced(state, [...this.#records, { state: 'next', key: fresh }], { kid: fresh.kid });
  }

  /** Lets key `kid` sign and retires the current one; nothing when it signs already. */
  promote(state: FleetState, kid: string): Change<{ kid: string }> {
    if (this.current.kid === kid) return { answer: { kid } };
    const records = this.#records.map((record): SigningKeyRecord => {
      if (record.key.kid === kid) return { ...record, state: 'current' };
      return record.state === 'current' ? { ...record, state: 'retired' } : record;
    });
    return this.#replaced(state, records, { kid });
  }

  /** Removes the retired keys whose last token has expired; undefined when there are none. */
  prune(state: FleetState): Change<null> | undefined {
    const beforeSeconds = (this.#clock.wallMs() - controlPlaneLimits.revocationMarginMs) / 1_000;
    const isOver = (record: SigningKeyRecord) => {
      if (record.state !== 'retired') return false;
      const until = this.#uses.get(record.key.kid);
      return until === undefined || (until !== null && until < beforeSeconds);
    };
    const gone = this.#records.filter(isOver);
    if (gone.length === 0) return undefined;
    const kept = this.#records.filter((record) => !gone.includes(record));
    const deletes = gone.flatMap(({ key }) => [entryKeys.signingKey(key.kid), entryKeys.keyUse(key.kid)]);
    return { ...this.#replaced(state, kept, null), deletes };
  }

  #replaced<T>(state: FleetState, records: SigningKeyRecord[], answer: T): Change<T> {
    const changed = records.filter((record) => !this.#records.includes(record));
    return {
      answer,
      tokens: { keys: publishedKeys(records), revocations: state.tokens.revocations },
      puts: changed.map((record) => ({ key: entryKeys.signingKey(record.key.kid), value: JSON.stringify(record) })),
      committed: () => {
        this.#records = records;
      },
    };
  }
}

async function readUses(
  store: CoordinationStore,
  records: readonly SigningKeyRecord[],
): Promise<Map<string, number | null>> {
  const uses = new Map<string, number | null>();
  for (const { key } of records) {
    const entry = await store.get(entryKeys.keyUse(key.kid));
    if (entry) uses.set(key.kid, parseRecord(keyUseSchema, 'key use', entry.value).expires_at);
  }
  return uses;
}
