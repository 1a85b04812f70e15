import { z } from 'zod';
import { GodwitError } from '../../../shared/errors.ts';
import { retryAfterSeconds } from '../../../shared/limits.ts';
import { jsonReply } from '../../http/exchange.ts';
import type { Route } from '../route.ts';

const liveSchema = z.strictObject({ status: z.literal('live') }).meta({ id: 'Live' });
const readySchema = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' });

export const getLive: Route = {
  method: 'GET',
  path: '/health/live',
  operationId: 'getLive',
  tag: 'Service',
  summary: 'Ask whether the process runs',
  description:
    'Answers 200 for as long as the gateway process runs, while it drains too. For deciding whether to restart it.',
  access: 'public',
  parameters: [],
  responses: {
    200: {
      description: 'It runs.',
      body: { contentTypes: ['application/json'], schema: liveSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [],
  handle: () => jsonReply(200, { status: 'live' }),
};

export const getReady: Route = {
  method: 'GET',
  path: '/health/ready',
  operationId: 'getReady',
  tag: 'Service',
  summary: 'Ask whether the gateway takes requests',
  description:
    'Answers 200 while the gateway knows who holds the data and is not draining. For deciding whether to send it requests.',
  access: 'public',
  parameters: [],
  responses: {
    200: {
      description: 'It takes requests.',
      body: { contentTypes: ['application/json'], schema: readySchema },
      headers: ['Cache-Control'],
    },
  },
  problems: ['not_ready'],
  handle: ({ gateway }) => {
    if (gateway.ready) return jsonReply(200, { status: 'ready' });
    const headers = { 'retry-after': String(retryAfterSeconds) };
    const reason = gateway.accepting ? 'The gateway does not know yet who holds the data.' : 'The gateway is draining.';
    throw new GodwitError('not_ready', reason, { headers });
  },
};
