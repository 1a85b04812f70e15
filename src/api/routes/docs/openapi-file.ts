import type { Route } from '../route.ts';

export const getOpenApi: Route = {
  method: 'GET',
  path: '/openapi.yaml',
  operationId: 'getOpenApi',
  tag: 'Documentation',
  summary: 'This description',
  description: 'OpenAPI 3.1, from which clients can be generated.',
  access: 'public',
  parameters: [],
  responses: {
    200: {
      description: 'The description.',
      body: { contentTypes: ['application/yaml'], schema: 'text' },
      headers: ['Cache-Control'],
    },
  },
  problems: [],
  handle: ({ gateway }) => ({
    status: 200,
    headers: ['content-type', 'application/yaml', 'cache-control', 'no-cache'],
    body: gateway.parts.openApiText,
    compressible: true,
  }),
};
