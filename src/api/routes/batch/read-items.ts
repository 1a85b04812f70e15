import { limits } from '../../../shared/limits.ts';
import { batchReadParameters, batchRoute, queryRoute } from './batch-routes.ts';
import { existsAnswerSchema, getAnswerSchema, keysSchemas } from './schemas.ts';

export const getItems = batchRoute({
  operationId: 'getItems',
  path: '/cache/{cache}/get',
  summary: 'Read many items',
  description:
    'A hit, miss or error for each key. Values that together are too large for one answer are left out with the error `answer_too_large`.',
  contract: {
    parameters: batchReadParameters,
    need: 'read',
    schemas: keysSchemas,
    list: 'keys',
    operations: ({ keys }) => keys.map((key) => ({ op: 'get', key })),
  },
  answer: getAnswerSchema,
  bodyDescription: `The keys, at most ${limits.batchItemsMax}.`,
});

export const queryItems = queryRoute(getItems, 'queryItems');

export const itemsExist = batchRoute({
  operationId: 'itemsExist',
  path: '/cache/{cache}/exists',
  summary: 'Tell which of many items exist',
  description: 'Counts as no use of the items.',
  contract: {
    parameters: batchReadParameters,
    need: 'read',
    schemas: keysSchemas,
    list: 'keys',
    operations: ({ keys }) => keys.map((key) => ({ op: 'exists', key })),
  },
  answer: existsAnswerSchema,
  bodyDescription: `The keys, at most ${limits.batchItemsMax}.`,
});

export const queryItemsExist = queryRoute(itemsExist, 'queryItemsExist');
