import { invalidArgument } from '../../../shared/errors.ts';
import { subjectSchema } from '../../../tokens/claims.ts';
import { issueRequestSchema, parseIssueRequest, prepareToken, refreshClaimsFor } from '../../../tokens/issue.ts';
import { readJson } from '../../http/read-json.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { requireObject } from '../fields.ts';
import { idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { issuedTokenReply, issuedTokenResponse, tokenBody } from './token-answer.ts';
import { denied } from './token-rights.ts';

const parameters = [idempotencyKey];

const bodySchema = issueRequestSchema
  .extend({ description: subjectSchema.optional().meta({ description: 'For people who read the list of tokens.' }) })
  .meta({ id: 'TokenRequest' });

export const issueToken: Route = {
  method: 'POST',
  path: '/tokens',
  operationId: 'issueToken',
  tag: 'Tokens',
  summary: 'Issue a token',
  description:
    'A token with the rights asked for, which the caller must have itself: never more, and never for longer. The expiry is mandatory. A disposable token has cache and topic rights only, lives 25 hours at most and has no refresh token.',
  access: 'token',
  parameters,
  body: tokenBody(bodySchema, 'Rights, expiry, and whom the token is for.'),
  responses: { 201: { description: 'The token. It is shown this once.', ...issuedTokenResponse } },
  problems: ['malformed_body', 'body_too_large', 'unsupported_media_type', 'limit_reached', ...controlChangeProblems],
  handle: async (call) => {
    const { gateway, session } = call;
    if (!session.permissions.mayIssue) throw denied('The token does not grant issuing tokens.');
    const values = readArguments(parameters, call.exchange);
    const { value, bytes } = await readJson(call.exchange);
    const { description, ...request } = requireObject(value);
    const claims = prepareToken(parseIssueRequest(request), session, gateway.parts.clock.wallMs());
    const refresh = refreshClaimsFor(claims, session);
    const { account } = session;
    const idempotency = await idempotencyOf(call, account, values, bytes);
    const issued = await fromControl(
      gateway.parts.control.issueToken({
        account,
        claims,
        ...(refresh === undefined ? {} : { refresh }),
        ...(description === undefined ? {} : { description: checkDescription(description) }),
        ...idempotency,
      }),
    );
    return issuedTokenReply(201, issued.answer, claims, replayedHeader(issued));
  },
};

function checkDescription(description: unknown): string {
  const parsed = subjectSchema.safeParse(description);
  if (parsed.success) return parsed.data;
  throw invalidArgument('The field description is not a text of its length without control characters.');
}
