/** What kinds of operations and answers have in common, by their codes in frames. */
import { operationKindOfCode, statusCode } from '../../shared/frame/layout.ts';

/** By code: whether an operation may leave something. */
export const writes: readonly boolean[] = operationKindOfCode.map(
  (kind) => kind !== undefined && !['get', 'describe', 'topic', 'topics'].includes(kind),
);

/** By code: whether it may take more memory for items than before. */
export const grows: readonly boolean[] = operationKindOfCode.map(
  (kind, code) => writes[code]! && kind !== 'delete' && kind !== 'ttl' && kind !== 'publish',
);

/** Statuses that say what the write did; the others did nothing and may turn out otherwise on a retry. */
export const answersToRemember: ReadonlySet<number> = new Set(
  (
    [
      'done',
      'missing',
      'condition_not_met',
      'bound_reached',
      'ttl_not_changed',
      'not_an_integer',
      'integer_overflow',
    ] as const
  ).map((status) => statusCode[status]),
);
