import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import { invalidArgument } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import {
  type AccessClaims,
  accessClaimsSchema,
  accessTokenType,
  type RefreshClaims,
  refreshClaimsSchema,
  refreshTokenType,
  tokenAlgorithm,
} from './claims.ts';

const publicJwkSchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  /** The public key's 32 bytes in base64url. */
  x: z.string(),
  alg: z.literal(tokenAlgorithm),
  use: z.literal('sig'),
  kid: z.string(),
});
export type PublicJwk = z.infer<typeof publicJwkSchema>;

/** An Ed25519 key pair that signs tokens; as the control plane keeps it. */
export const signingKeySchema = z.object({
  /** JWK thumbprint of the public key (RFC 7638), so an id never names two keys. */
  kid: z.string(),
  alg: z.literal(tokenAlgorithm),
  privateJwk: z.object({ ...publicJwkSchema.shape, d: z.string() }),
  publicJwk: publicJwkSchema,
  createdAtMs: z.number(),
});
export type SigningKey = z.infer<typeof signingKeySchema>;

/** A new key pair, from the runtime's own random source. */
export async function generateSigningKey(clock: Clock): Promise<SigningKey> {
  const pair = await generateKeyPair(tokenAlgorithm, { crv: 'Ed25519', extractable: true });
  const exported = await exportJWK(pair.privateKey);
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: exported.x! });
  const publicJwk: PublicJwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    x: exported.x!,
    alg: tokenAlgorithm,
    use: 'sig',
    kid,
  };
  return {
    kid,
    alg: tokenAlgorithm,
    privateJwk: { ...publicJwk, d: exported.d! },
    publicJwk,
    createdAtMs: clock.wallMs(),
  };
}

/**
 * The text of an access token.
 *
 * @throws GodwitError `invalid_argument` when it would be longer than `limits.tokenBytesMax`
 */
export function signAccessToken(claims: AccessClaims, key: SigningKey): Promise<string> {
  return sign(accessClaimsSchema.parse(claims), accessTokenType, key);
}

/** The text of a refresh token; as `signAccessToken`. */
export function signRefreshToken(claims: RefreshClaims, key: SigningKey): Promise<string> {
  return sign(refreshClaimsSchema.parse(claims), refreshTokenType, key);
}

async function sign(claims: object, typ: string, key: SigningKey): Promise<string> {
  const text = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: tokenAlgorithm, typ, kid: key.kid })
    .sign(key.privateJwk as JWK);
  if (text.length > limits.tokenBytesMax) {
    throw invalidArgument('the permissions make the token too long; use fewer or shorter selectors', {
      limit: limits.tokenBytesMax,
      actual: text.length,
    });
  }
  return text;
}
