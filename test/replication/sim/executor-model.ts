/**
 * What the executor of a node makes of an operation, as a model: `executor-model.test.ts` holds it to the real one
 * (`src/storage-node/executor.ts` and `operations/`).
 */
import type { KeyOperation } from '../checker/history.ts';

/** What is answered, and what the key holds afterwards. */
export interface Executed {
  /** Of a get what it found, of an increment the sum. */
  readonly told?: string | null;
  readonly applied?: boolean;
  /** What the entry for the copies says: a value, or null for nothing. Absent: the operation leaves no entry. */
  readonly leaves?: string | null;
}

/**
 * Executes an operation on a key that holds `held` here (null: nothing). `replicates`: whether anybody has to be given
 * the slot's entries.
 */
export function executed(operation: KeyOperation, held: string | null, replicates: boolean): Executed {
  switch (operation.kind) {
    case 'get':
      return { told: held };
    case 'put':
      return { leaves: operation.value };
    case 'delete':
      if (held !== null) return { applied: true, leaves: null };
      // What is not here may be at a copy: `forgetAtCopies` in `src/storage-node/operations/write.ts`.
      return replicates ? { applied: false, leaves: null } : { applied: false };
    case 'increment': {
      const sum = String(Number(held ?? 0) + operation.amount);
      return { told: sum, leaves: sum };
    }
    case 'put_if_absent':
      return conditional(held === null, operation.value);
    case 'compare_and_put':
      return conditional(held === operation.expected, operation.value);
  }
}

function conditional(holds: boolean, value: string): Executed {
  return holds ? { applied: true, leaves: value } : { applied: false };
}
