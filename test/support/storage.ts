import { ManualClock } from '../../src/shared/clock.ts';
import { frameHeaderBytes } from '../../src/shared/frame/layout.ts';
import { ReplyReader } from '../../src/shared/frame/reply-reader.ts';
import { operationBytes, writeRequest } from '../../src/shared/frame/request-writer.ts';
import type { Operation, OperationResult } from '../../src/shared/operation.ts';
import { slotOf } from '../../src/shared/slots.ts';
import type { StorageEngine } from '../../src/storage-node/engine/storage-engine.ts';
import type { FrameExecutor, TracedOperation } from '../../src/storage-node/executor.ts';
import type { IdempotencyTable } from '../../src/storage-node/idempotency-table.ts';
import { NodeCore } from '../../src/storage-node/node-core.ts';
import { replicationTimes } from '../../src/storage-node/replication/times.ts';
import type { SlotTable } from '../../src/storage-node/slot-table.ts';
import type { TopicTable } from '../../src/storage-node/topics/topic-table.ts';
import { NaiveEngine } from '../storage-node/engine/naive-engine.ts';
import { testNode, testRegistry, testView } from './fleet-state.ts';

export interface RequestFields {
  readonly viewNumber?: number;
  readonly registryRevision?: number;
  readonly deadlineMs?: number;
}

/** A request frame with the id 7, 9. */
export function requestFrame(
  operations: readonly Operation[],
  fields: RequestFields = {},
  trace: Uint8Array | null = null,
): Uint8Array {
  const size = operations.reduce((sum, operation) => sum + operationBytes(operation, trace), frameHeaderBytes);
  const frame = new Uint8Array(size).fill(0xa5);
  const header = { frameIdLow: 7, frameIdHigh: 9, viewNumber: 1, registryRevision: 1, deadlineMs: 1_000, ...fields };
  const length = writeRequest(
    frame,
    header,
    operations.map((operation) => ({ operation, trace })),
  );
  if (length !== size) throw new Error(`frame of ${length} bytes in a buffer of ${size}`);
  return frame;
}

export function readReplyFrame(reply: Uint8Array, operations: readonly Operation[]): OperationResult[] {
  const reader = new ReplyReader(reply, { frameIdLow: 7, frameIdHigh: 9, operationCount: operations.length });
  const results = operations.map(({ hash }) => reader.next(slotOf(hash), hash));
  reader.close();
  return results;
}

export interface TestStorageOptions {
  readonly engine?: StorageEngine;
  readonly idempotencyBytesMax?: number;
  readonly topicBytesMax?: number;
  readonly clock?: ManualClock;
  readonly id?: string;
}

/**
 * A storage node without its server, on a clock that stands still. It begins as the primary of every slot, with
 * one cache of namespace and topic space 1.
 */
export class TestStorage {
  readonly clock: ManualClock;
  readonly core: NodeCore;
  readonly engine: StorageEngine;
  readonly slots: SlotTable;
  readonly idempotency: IdempotencyTable;
  readonly topics: TopicTable;
  readonly executor: FrameExecutor;
  /** How often the node noticed that it is behind. */
  behind = 0;
  /** What the executor told of traced operations. */
  readonly traced: TracedOperation[] = [];

  constructor(options: TestStorageOptions = {}) {
    const { id = 'a' } = options;
    this.clock = options.clock ?? new ManualClock({ monotonicMs: 1_000 });
    this.engine = options.engine ?? new NaiveEngine({ memoryBytes: 64 * 1024 * 1024 });
    this.core = new NodeCore({
      self: testNode(id),
      engine: this.engine,
      idempotencyBytesMax: options.idempotencyBytesMax ?? 1024 * 1024,
      topicBytesMax: options.topicBytesMax ?? 16 * 1024 * 1024,
      clock: this.clock,
      // Dirty, as the real one may be: what is not written shows.
      memory: { allocate: (size) => new Uint8Array(size).fill(0xa5) },
      send: () => {},
      propose: () => {},
      onBehind: () => {
        this.behind++;
      },
      onTraced: (operation) => this.traced.push(operation),
      defer: (callback) => callback(),
    });
    ({ slots: this.slots, idempotency: this.idempotency, topics: this.topics, executor: this.executor } = this.core);
    this.core.applyRegistry(testRegistry(1, { cache: 1 }));
    this.slots.apply(testView(1, [testNode(id)]));
  }

  /** Executes a frame that arrives now. */
  execute(frame: Uint8Array): Uint8Array {
    const reply = this.executor.execute(frame, this.clock.monotonicMs(), unexpected);
    return reply ?? unexpected();
  }

  /** Lets the lease of any primary of a slot's former data end, after which a slot that restarted empty is served. */
  waitForLeases(): void {
    this.clock.advance(replicationTimes.promiseMs);
    this.core.tick();
  }

  /** Executes the operations in one frame. */
  frame(operations: readonly Operation[], fields: RequestFields = {}): OperationResult[] {
    const frame = requestFrame(operations, fields);
    return readReplyFrame(this.execute(frame), operations);
  }

  run(operation: Operation): OperationResult {
    return this.frame([operation])[0]!;
  }
}

/** With one copy of each slot nothing waits. */
function unexpected(): never {
  throw new Error('a reply was held back');
}
