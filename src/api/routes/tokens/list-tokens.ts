import { z } from 'zod';
import { authorizationDetailsSchema } from '../../../tokens/authorization-details.ts';
import { accountSchema, subjectSchema, tokenIdSchema } from '../../../tokens/claims.ts';
import { jsonReply } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { controlProblems, fromControl } from '../control-call.ts';
import { nextTokenSchema, pageParameters } from '../page.ts';
import type { Route } from '../route.ts';
import { jtiSchema, otherAccount } from './token-answer.ts';
import { accountOf, denied } from './token-rights.ts';

const parameters = [...pageParameters, otherAccount];

const listedSchema = z
  .strictObject({
    jti: jtiSchema,
    account: accountSchema,
    subject: subjectSchema,
    description: z.string().nullable(),
    token_id: tokenIdSchema.nullable(),
    disposable: z.boolean(),
    parent: jtiSchema.nullable().meta({ description: 'The `jti` of the token that issued this one.' }),
    issued_at: z.int().meta({ description: 'Seconds since the Unix epoch.' }),
    expires_at: z.int().nullable().meta({ description: 'Of the newest renewal; null for the admin key.' }),
    authorization_details: authorizationDetailsSchema,
    revoked: z.boolean(),
  })
  .meta({ id: 'ListedToken' });
const pageSchema = z
  .strictObject({ tokens: z.array(listedSchema), next_token: nextTokenSchema })
  .meta({ id: 'TokenPage' });

export const listTokens: Route = {
  method: 'GET',
  path: '/tokens',
  operationId: 'listTokens',
  tag: 'Tokens',
  summary: 'List tokens',
  description: 'The account’s unexpired tokens by `jti`: what they may do and who issued them, never their text.',
  access: 'token',
  parameters,
  responses: {
    200: {
      description: 'A page of tokens.',
      body: { contentTypes: ['application/json'], schema: pageSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [...controlProblems],
  handle: async (call) => {
    const { gateway, session } = call;
    if (!session.permissions.mayList) throw denied('The token does not grant listing tokens.');
    const values = readArguments(parameters, call.exchange);
    const limit = values['limit'] as number | undefined;
    const nextToken = values['next_token'] as string | undefined;
    const { answer } = await fromControl(
      gateway.parts.control.listTokens({
        account: accountOf(session, values),
        ...(limit === undefined ? {} : { limit }),
        ...(nextToken === undefined ? {} : { next_token: nextToken }),
      }),
    );
    const { items, next_token } = answer;
    return jsonReply(200, next_token === undefined ? { tokens: items } : { tokens: items, next_token });
  },
};
