import { z } from 'zod';
import { jsonReply } from '../../http/exchange.ts';
import type { Route } from '../route.ts';

const links = {
  docs: '/docs',
  openapi: '/openapi.yaml',
  jwks: '/.well-known/jwks.json',
  live: '/health/live',
  ready: '/health/ready',
  metrics: '/metrics',
} as const;

const linkSchema = z.string();
const indexSchema = z
  .strictObject({
    service: z.literal('godwit'),
    links: z.strictObject({
      docs: linkSchema,
      openapi: linkSchema,
      jwks: linkSchema,
      live: linkSchema,
      ready: linkSchema,
      metrics: linkSchema,
    }),
  })
  .meta({ id: 'ServiceIndex' });

export const getServiceIndex: Route = {
  method: 'GET',
  path: '/',
  operationId: 'getServiceIndex',
  tag: 'Service',
  summary: 'Find the way around',
  description: 'Says what this server is and where its documentation lies.',
  access: 'public',
  parameters: [],
  responses: {
    200: {
      description: 'Where things are.',
      body: { contentTypes: ['application/json'], schema: indexSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [],
  handle: () => jsonReply(200, { service: 'godwit', links }),
};
