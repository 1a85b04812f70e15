/** The public side of the token authority: what of its records the fleet sees. */
import type { TokenAuthority } from '../shared/fleet-state.ts';
import type { RevocationRecord, SigningKeyRecord } from './records.ts';

const order = { current: 0, next: 1, retired: 2 } as const;

/** Public keys: the signing one first, then the one about to sign, then the retired ones, newest first. */
export function publishedKeys(records: readonly SigningKeyRecord[]): TokenAuthority['keys'] {
  return records
    .toSorted((a, b) => order[a.state] - order[b.state] || b.key.createdAtMs - a.key.createdAtMs)
    .map((record) => record.key.publicJwk);
}

export function publishedRevocations(records: readonly RevocationRecord[]): TokenAuthority['revocations'] {
  return records.map(({ jti, expires_at }) => ({ jti, expires_at }));
}
