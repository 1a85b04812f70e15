import { operationCodes } from '../../shared/frame/layout.ts';
import { type OperationContext, plainResult } from './context.ts';
import { executeIncrement } from './increment.ts';
import { executePublish } from './publish.ts';
import { executeDescribe, executeGet } from './read.ts';
import { executeTopic, executeTopics } from './topics.ts';
import { executeTtl } from './ttl.ts';
import { executeDelete, executeSet, executeSwap, executeTake } from './write.ts';

/** Executes the reader's operation, which is one that may be done here and now. */
export function dispatch(context: OperationContext): void {
  switch (context.reader.code) {
    case operationCodes.get:
      return executeGet(context);
    case operationCodes.describe:
      return executeDescribe(context);
    case operationCodes.set:
      return executeSet(context);
    case operationCodes.delete:
      return executeDelete(context);
    case operationCodes.take:
      return executeTake(context);
    case operationCodes.swap:
      return executeSwap(context);
    case operationCodes.increment:
      return executeIncrement(context);
    case operationCodes.ttl:
      return executeTtl(context);
    case operationCodes.claim:
      return plainResult(context, 'done');
    case operationCodes.publish:
      return executePublish(context);
    case operationCodes.topic:
      return executeTopic(context);
    case operationCodes.topics:
      return executeTopics(context);
  }
}
