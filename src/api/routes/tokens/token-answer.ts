import { z } from 'zod';
import type { CallAnswer } from '../../../control-plane/protocol.ts';
import { limits } from '../../../shared/limits.ts';
import { authorizationDetailsSchema } from '../../../tokens/authorization-details.ts';
import {
  type AccessClaims,
  accountSchema,
  type RefreshClaims,
  subjectSchema,
  tokenIdSchema,
} from '../../../tokens/claims.ts';
import { tokenLimits } from '../../../tokens/limits.ts';
import { type HeaderList, jsonReply, type Reply } from '../../http/exchange.ts';
import { queryParameter } from '../parameters.ts';
import type { RequestBodyShape } from '../route.ts';

export const jtiSchema = z
  .string()
  .min(1)
  .max(tokenLimits.identifierLengthMax)
  .regex(/^[A-Za-z0-9._~:-]+$/);

/** What issuing and refreshing answer: the only places where the text of a token is ever shown. */
export const issuedTokenSchema = z
  .strictObject({
    token: z.string().meta({ description: 'The access token. Send it as `Authorization: Bearer <token>`.' }),
    token_type: z.literal('Bearer'),
    refresh_token: z.string().optional().meta({ description: 'Absent for a disposable token.' }),
    jti: jtiSchema.meta({ description: 'Id of the grant; the token, its renewals and its revocation share it.' }),
    expires_at: z.int().nullable().meta({ description: 'Seconds since the Unix epoch.' }),
    account: accountSchema,
    subject: subjectSchema,
    token_id: tokenIdSchema.optional(),
    disposable: z.boolean(),
    authorization_details: authorizationDetailsSchema,
  })
  .meta({ id: 'IssuedToken' });

export const issuedTokenResponse = {
  body: { contentTypes: ['application/json'], schema: issuedTokenSchema },
  headers: ['Cache-Control', 'Idempotent-Replayed'],
};

/** A body of a token call. */
export function tokenBody(schema: z.ZodType, description: string): RequestBodyShape {
  return {
    contentTypes: ['application/json'],
    schema,
    required: true,
    limitBytes: limits.jsonBodyBytesMax,
    description,
  };
}

/** The signed token of a grant, with what it may do. */
export function issuedTokenReply(
  status: number,
  issued: CallAnswer<'issueToken'>,
  claims: AccessClaims | RefreshClaims,
  headers: HeaderList,
): Reply {
  const answer: z.infer<typeof issuedTokenSchema> = {
    token: issued.token,
    token_type: 'Bearer',
    ...(issued.refresh_token === null ? {} : { refresh_token: issued.refresh_token }),
    jti: issued.jti,
    expires_at: issued.expires_at,
    account: claims.account,
    subject: claims.sub,
    ...(claims.token_id === undefined ? {} : { token_id: claims.token_id }),
    disposable: 'disposable' in claims && claims.disposable === true,
    authorization_details: claims.authorization_details,
  };
  // Never compressed: a length that depends on a secret beside chosen text would tell of it.
  return { ...jsonReply(status, answer, headers), compressible: false };
}

/** Another account than the caller's, for the super-user. */
export const otherAccount = queryParameter(
  'account',
  'string',
  accountSchema,
  'Account of the tokens, when it is not the caller’s own. Only for the super-user.',
);
