import { emptyBody } from '../../http/exchange.ts';
import { fromIssue, readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { idempotencyKey } from '../parameters.ts';
import type { Parameter, Route } from '../route.ts';
import { jtiSchema, otherAccount } from './token-answer.ts';
import { accountOf, denied, isIssuerOf } from './token-rights.ts';

const jtiInPath: Parameter = {
  name: 'jti',
  in: 'path',
  kind: 'string',
  schema: jtiSchema,
  required: true,
  description: 'Id of the token, as issuing and listing tell it.',
  example: '5f0c9a52-4f0b-4c8e-9a34-0d1f6f7f2c11',
};
const parameters = [jtiInPath, otherAccount, idempotencyKey];

export const revokeToken: Route = {
  method: 'DELETE',
  path: '/tokens/{jti}',
  operationId: 'revokeToken',
  tag: 'Tokens',
  summary: 'Revoke a token',
  description:
    'Withdraws the token, its renewals, its refresh tokens and every token issued with it, at every gateway before the answer comes. Revoking twice is the same as once. A token cannot revoke its own issuers, and only a super-user an admin key.',
  access: 'token',
  parameters,
  responses: { 204: { description: 'The token is no longer valid.', headers: ['Idempotent-Replayed'] } },
  problems: ['token_not_found', 'limit_reached', ...controlChangeProblems],
  handle: async (call) => {
    const { gateway, session } = call;
    if (!session.permissions.mayRevoke) throw denied('The token does not grant revoking tokens.');
    const values = readArguments(parameters, call.exchange);
    const account = accountOf(session, values);
    const jti = jtiSchema.safeParse(call.path['jti']);
    if (!jti.success) throw fromIssue(jti.error.issues[0]!, 'The id of the token', call.path['jti']);
    if (isIssuerOf(session, jti.data)) throw denied('A token cannot revoke its own issuers.');
    const idempotency = await idempotencyOf(call, account, values, emptyBody);
    const revoked = await fromControl(
      gateway.parts.control.revokeToken({
        account,
        jti: jti.data,
        by_super_user: session.permissions.isSuperUser,
        ...idempotency,
      }),
    );
    return { status: 204, headers: replayedHeader(revoked), body: null };
  },
};
