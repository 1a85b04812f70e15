import { emptyBody } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import {
  idempotencyKey,
  itemParameters,
  preconditionParameters,
  readConcern,
  valueConditionParameters,
} from '../parameters.ts';
import type { Route } from '../route.ts';
import { conditionOf, isConditional } from './condition.ts';
import { itemOf } from './item.ts';
import { carryOut, replayedHeader } from './marked-write.ts';

const inQuery = valueConditionParameters.filter((parameter) => parameter.in === 'query');
const parameters = [...itemParameters, ...preconditionParameters, ...inQuery, idempotencyKey, readConcern];

export const deleteItem: Route = {
  method: 'DELETE',
  path: '/cache/{cache}',
  operationId: 'deleteItem',
  tag: 'Items',
  summary: 'Delete an item',
  description: 'Answers 204 whether or not there was an item. With conditions, only when all of them hold.',
  access: 'token',
  parameters,
  responses: { 204: { description: 'There is no item under the key any more.', headers: ['Idempotent-Replayed'] } },
  problems: ['cache_not_found', 'precondition_failed', 'idempotency_key_reused', 'outcome_unknown'],
  handle: async (call) => {
    const values = readArguments(parameters, call.exchange);
    const item = await itemOf(call, values, isConditional(values) ? 'read_write' : 'write');
    const condition = conditionOf(values);
    const result = await carryOut(call, values, item, emptyBody, (mark) => ({
      kind: 'delete',
      cache: item.cache,
      key: item.key,
      hash: item.hash,
      ...(condition === undefined ? {} : { condition }),
      ...mark,
    }));
    return { status: 204, headers: replayedHeader(result), body: null, nodeMicros: result.nodeMicros };
  },
};
