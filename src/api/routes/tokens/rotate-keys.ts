import { z } from 'zod';
import { emptyBody, jsonReply } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { denied } from './token-rights.ts';

const parameters = [idempotencyKey];
const rotatedSchema = z
  .strictObject({ kid: z.string().meta({ description: 'Id of the key that signs from now on.' }) })
  .meta({ id: 'RotatedKey' });

export const rotateKeys: Route = {
  method: 'POST',
  path: '/tokens/keys/rotate',
  operationId: 'rotateKeys',
  tag: 'Tokens',
  summary: 'Rotate the signing key',
  description:
    'A new key signs from now on. The one before stays published until the last token that it signed has expired, so no token becomes invalid. Only for the super-user.',
  access: 'token',
  parameters,
  responses: {
    200: {
      description: 'The new key signs, and every gateway knows it.',
      body: { contentTypes: ['application/json'], schema: rotatedSchema },
      headers: ['Cache-Control', 'Idempotent-Replayed'],
    },
  },
  problems: ['limit_reached', ...controlChangeProblems],
  handle: async (call) => {
    const { gateway, session } = call;
    if (!session.permissions.isSuperUser) throw denied('Only the super-user may rotate the signing key.');
    const { account } = session;
    const idempotency = await idempotencyOf(call, account, readArguments(parameters, call.exchange), emptyBody);
    const rotated = await fromControl(gateway.parts.control.rotateKeys({ account, ...idempotency }));
    return jsonReply(200, { kid: rotated.answer.kid }, replayedHeader(rotated));
  },
};
