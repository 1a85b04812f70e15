/** Simpler forms of engine operations, for shrinking. */
import type { EngineOperation } from './operation.ts';

const hourMs = 3_600_000;

/** The simplest first. */
export function simplerOperations(operation: EngineOperation): EngineOperation[] {
  switch (operation.kind) {
    case 'put':
      return [
        ...smaller(operation.length).map((length) => ({ ...operation, length })),
        ...changed(operation, { from: 0, flags: 0, sequence: 1 }),
        ...changed(operation, { ttlMs: hourMs }),
        ...changed(operation, { from: 0 }),
        ...changed(operation, { flags: 0 }),
        ...changed(operation, { sequence: 1 }),
        ...(operation.ttlMs === hourMs ? [] : smaller(operation.ttlMs).map((ttlMs) => ({ ...operation, ttlMs }))),
      ];
    case 'get':
      return [...changed(operation, { skip: 0 }), ...changed(operation, { touch: false })];
    case 'setExpiry':
      return [
        ...changed(operation, { sequence: 1 }),
        ...changed(operation, { ttlMs: hourMs }),
        ...(operation.ttlMs === hourMs ? [] : smaller(operation.ttlMs).map((ttlMs) => ({ ...operation, ttlMs }))),
      ];
    case 'advance':
      return smaller(operation.ms).map((ms) => ({ ...operation, ms }));
    default:
      return [];
  }
}

/** The operation with other fields, if that makes it another one. */
function changed<T extends EngineOperation>(operation: T, fields: Partial<T>): T[] {
  const same = Object.entries(fields).every(([name, value]) => operation[name as keyof T] === value);
  return same ? [] : [{ ...operation, ...fields }];
}

function smaller(number: number): number[] {
  if (number <= 1) return [];
  return [...new Set([1, Math.floor(number / 2), Math.floor(number * 0.9), Math.ceil(number) - 1])].filter(
    (n) => n < number,
  );
}

/** Keys and namespaces counted from 1 in the order of their first use, each change by itself. */
export function renumbered(operations: readonly EngineOperation[]): EngineOperation[][] {
  return (['key', 'namespace'] as const).flatMap((field) => {
    const numbers = new Map<number, number>();
    const list = operations.map((operation) => {
      if (!(field in operation)) return operation;
      const old = (operation as Record<typeof field, number>)[field];
      if (!numbers.has(old)) numbers.set(old, numbers.size + 1);
      return { ...operation, [field]: numbers.get(old)! };
    });
    const different = [...numbers].some(([old, number]) => old !== number);
    return different ? [list] : [];
  });
}
