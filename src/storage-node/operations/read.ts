import { findItem, foundResult, mustTravelAlone, type OperationContext, plainResult } from './context.ts';

/** get: the item with its value, counted as a use. */
export function executeGet(context: OperationContext): void {
  if (!findItem(context, true)) plainResult(context, 'missing');
  else if (mustTravelAlone(context)) plainResult(context, 'deferred');
  else foundResult(context, 'done', true);
}

/** describe: version, TTL, length and type, without the value and without counting as a use. */
export function executeDescribe(context: OperationContext): void {
  if (findItem(context, false)) foundResult(context, 'done', false);
  else plainResult(context, 'missing');
}
