import { z } from 'zod';
import { publicJwkSet } from '../../../tokens/verification-keys.ts';
import type { Route } from '../route.ts';
import { serviceLimits } from '../service/limits.ts';

/** RFC 7517 §8.5.1. */
const contentType = 'application/jwk-set+json';

const jwkSchema = z
  .strictObject({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().meta({ description: 'The public key in base64url.' }),
    alg: z.literal('EdDSA'),
    use: z.literal('sig'),
    kid: z.string(),
  })
  .meta({ id: 'Jwk' });
const jwkSetSchema = z.strictObject({ keys: z.array(jwkSchema) }).meta({ id: 'JwkSet' });

export const getJwkSet: Route = {
  method: 'GET',
  path: '/.well-known/jwks.json',
  operationId: 'getJwkSet',
  tag: 'Tokens',
  summary: 'Read the public keys',
  description:
    'The keys that tokens of this fleet are signed with, as a JWK Set (RFC 7517): the current one first, then those whose tokens have not all expired.',
  access: 'public',
  parameters: [],
  responses: {
    200: {
      description: 'The keys.',
      body: { contentTypes: [contentType], schema: jwkSetSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [],
  handle: ({ gateway }) => ({
    status: 200,
    headers: ['content-type', contentType, 'cache-control', `public, max-age=${serviceLimits.jwkSetMaxAgeSeconds}`],
    body: JSON.stringify(publicJwkSet(gateway.parts.source.current().tokens)),
    compressible: true,
  }),
};
