import { limits } from '../../../shared/limits.ts';
import { idempotencyKey } from '../parameters.ts';
import { batchReadParameters, batchRoute } from './batch-routes.ts';
import {
  deleteAnswerSchema,
  keysSchemas,
  mixedAnswerSchema,
  mixedSchemas,
  setAnswerSchema,
  setSchemas,
} from './schemas.ts';

const parameters = [...batchReadParameters, idempotencyKey];
const order =
  'Operations on different keys run at the same time, in no order; those on the same key take effect in the order given, each after the outcome of the one before is known.';

export const setItems = batchRoute({
  operationId: 'setItems',
  path: '/cache/{cache}/set',
  summary: 'Store many items',
  description: `Each with its own TTL, content type and condition. ${order}`,
  contract: {
    parameters,
    need: 'write',
    schemas: setSchemas,
    list: 'items',
    operations: ({ items }) => items.map((item) => ({ op: 'set', ...item })),
  },
  answer: setAnswerSchema,
  bodyDescription: `The items, at most ${limits.batchItemsMax}.`,
});

export const deleteItems = batchRoute({
  operationId: 'deleteItems',
  path: '/cache/{cache}/delete',
  summary: 'Delete many items',
  description: 'The outcome is the same whether or not there was an item.',
  contract: {
    parameters,
    need: 'write',
    schemas: keysSchemas,
    list: 'keys',
    operations: ({ keys }) => keys.map((key) => ({ op: 'delete', key })),
  },
  answer: deleteAnswerSchema,
  bodyDescription: `The keys, at most ${limits.batchItemsMax}.`,
});

export const batchItems = batchRoute({
  operationId: 'batchItems',
  path: '/cache/{cache}/batch',
  summary: 'Carry out many operations',
  description: `Any of the operations on items, each with an outcome of its own; this is no transaction. ${order}`,
  contract: {
    parameters,
    need: 'read_write',
    schemas: mixedSchemas,
    list: 'operations',
    operations: ({ operations }) => operations,
  },
  answer: mixedAnswerSchema,
  bodyDescription: `The operations, at most ${limits.batchItemsMax}.`,
});
