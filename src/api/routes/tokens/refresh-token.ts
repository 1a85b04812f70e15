import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import { readJson } from '../../http/read-json.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { checkFields } from '../fields.ts';
import { idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { issuedTokenReply, issuedTokenResponse, tokenBody } from './token-answer.ts';

const parameters = [idempotencyKey];
const bodySchema = z
  .strictObject({ refresh_token: z.string().min(1).max(limits.tokenBytesMax) })
  .meta({ id: 'TokenRefresh' });

export const refreshToken: Route = {
  method: 'POST',
  path: '/tokens/refresh',
  operationId: 'refreshToken',
  tag: 'Tokens',
  summary: 'Renew a token',
  description:
    'A new token of the same grant: same rights, same duration counted from now, but never beyond the end of its issuer. The refresh token is the credential; no other is needed or looked at. It expires with its access token.',
  access: 'public',
  parameters,
  body: tokenBody(bodySchema, 'The refresh token.'),
  responses: { 200: { description: 'The renewed token. It is shown this once.', ...issuedTokenResponse } },
  problems: ['invalid_token', 'malformed_body', 'body_too_large', 'unsupported_media_type', ...controlChangeProblems],
  handle: async (call) => {
    const { parts } = call.gateway;
    const values = readArguments(parameters, call.exchange);
    const { value, bytes } = await readJson(call.exchange);
    const { refresh_token: text } = checkFields(bodySchema, value);
    // Checked here first, so that what is no token never reaches the control plane.
    const claims = await parts.verifier.verifyRefresh(text);
    const { account } = claims;
    // The keys of renewals are the account's: nobody is logged in here.
    const idempotency = await idempotencyOf(call, account, values, bytes, '');
    const renewed = await fromControl(parts.control.refreshToken({ account, refresh_token: text, ...idempotency }));
    return issuedTokenReply(200, renewed.answer, claims, replayedHeader(renewed));
  },
};
