import { operationKindOfCode } from '../shared/frame/layout.ts';
import { resultStatuses } from '../shared/operation.ts';

/** Hits and misses of reads in one namespace. */
export interface ReadCounts {
  hits: number;
  misses: number;
}

/** What a node counts while it executes frames. Plain numbers, since they change with every operation. */
export class NodeMetrics {
  frames = 0;
  framesRefused = 0;
  serviceMicros = 0;
  /** By operation code and status: `code * resultStatuses.length + status`. */
  readonly operations = new Float64Array(operationKindOfCode.length * resultStatuses.length);
  readonly reads = new Map<number, ReadCounts>();

  count(code: number, status: number): void {
    const index = code * resultStatuses.length + status;
    this.operations[index] = this.operations[index]! + 1;
  }

  readsOf(namespace: number): ReadCounts {
    let counts = this.reads.get(namespace);
    if (counts === undefined) {
      counts = { hits: 0, misses: 0 };
      this.reads.set(namespace, counts);
    }
    return counts;
  }
}
