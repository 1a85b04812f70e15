import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import type { TokenAuthority } from '../shared/fleet-state.ts';
import { decodeCanonicalBase64url } from './base64url.ts';
import { tokenAlgorithm } from './claims.ts';
import { toBinaryString } from './selectors.ts';
import type { PublicJwk } from './signing-keys.ts';

const publicKeyBytes = 32;

const verificationJwkSchema = z.object({
  kid: z.string().min(1),
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  alg: z.literal(tokenAlgorithm),
  use: z.literal('sig').optional(),
  x: z.string(),
});

/** A public key that tokens may name. */
export interface VerificationKey {
  readonly kid: string;
  /** The public key in base64url: the key's identity, whatever its id. */
  readonly publicKey: string;
  /** Imported on first use; rejects when the runtime refuses the key. */
  imported(): Promise<CryptoKey>;
}

/** The public keys as a JWK Set (RFC 7517 §5): the listed members and nothing else, so never a private part. */
export function publicJwkSet(authority: TokenAuthority): { keys: PublicJwk[] } {
  return {
    keys: [...verificationKeys(authority).values()].map(({ kid, publicKey }) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: publicKey,
      alg: tokenAlgorithm,
      use: 'sig',
      kid,
    })),
  };
}

/**
 * The usable keys by id. Left out: keys of another kind, keys of small order, and every key whose id is given
 * to two different keys, since a token could then be checked with either.
 */
export function verificationKeys(authority: TokenAuthority): Map<string, VerificationKey> {
  const usable = new Map<string, VerificationKey>();
  const ambiguous = new Set<string>();
  for (const jwk of authority.keys) {
    const parsed = verificationJwkSchema.safeParse(jwk);
    if (!parsed.success) continue;
    const { kid, x } = parsed.data;
    const bytes = decodeCanonicalBase64url(x);
    if (bytes === undefined || bytes.length !== publicKeyBytes || isSmallOrder(bytes)) continue;
    const known = usable.get(kid);
    if (known !== undefined && known.publicKey !== x) ambiguous.add(kid);
    else usable.set(kid, verificationKey(kid, x));
  }
  for (const kid of ambiguous) usable.delete(kid);
  return usable;
}

function verificationKey(kid: string, x: string): VerificationKey {
  let key: Promise<CryptoKey> | undefined;
  const imported = () => {
    key ??= importJWK({ kty: 'OKP', crv: 'Ed25519', x }, tokenAlgorithm) as Promise<CryptoKey>;
    return key;
  };
  return { kid, publicKey: x, imported };
}

/**
 * The y coordinates (RFC 8032 §5.1.2, little-endian, in hex, sign bit cleared) of the points of order 1, 2, 4
 * and 8, with those that are also written unreduced (p, p + 1). A signature under such a key can be made
 * without a private key, and not every runtime refuses it (Node 20 does not). A test derives the list from the
 * curve's equation.
 */
export const smallOrderY: readonly string[] = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
];
const smallOrderYs = new Set(
  smallOrderY.map((hex) => toBinaryString(Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16)))),
);

function isSmallOrder(publicKey: Uint8Array): boolean {
  const y = publicKey.slice();
  y[31]! &= 0x7f;
  return smallOrderYs.has(toBinaryString(y));
}
