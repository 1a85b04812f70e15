import type { NodeConnection } from '../../src/routing/transport.ts';
import { frameHeaderBytes } from '../../src/shared/frame/layout.ts';
import { ReplyReader } from '../../src/shared/frame/reply-reader.ts';
import { operationBytes, writeRequest } from '../../src/shared/frame/request-writer.ts';
import { hopLimits, limits } from '../../src/shared/limits.ts';
import { type CacheHandle, type Operation, type OperationResult, octetStream } from '../../src/shared/operation.ts';
import { keyHash, slotOf } from '../../src/shared/slots.ts';
import type { CacheOperation, Outcome } from './cache-operation.ts';
import { benchLimits } from './limits.ts';
import { beginsWithMark, type Values } from './values.ts';

/** What the node must know before it executes a frame. */
export interface FleetNumbers {
  readonly viewNumber: number;
  readonly registryRevision: number;
}

/** A client of one storage node that gathers a batch of operations into frames, as a gateway does. */
export class FrameClient {
  readonly #connection: NodeConnection;
  readonly #cache: CacheHandle;
  readonly #numbers: FleetNumbers;
  readonly #values: Values;
  #frameId = 0;

  constructor(connection: NodeConnection, cache: CacheHandle, numbers: FleetNumbers, values: Values) {
    this.#connection = connection;
    this.#cache = cache;
    this.#numbers = numbers;
    this.#values = values;
  }

  async execute(operations: readonly CacheOperation[]): Promise<Outcome[]> {
    const results = (await Promise.all(this.#frames(operations).map((frame) => this.#send(frame)))).flat();
    // a value too large to share a frame is asked for alone, as a gateway does
    return Promise.all(
      operations.map(async (operation, i) => {
        const result = results[i]!;
        if (result.status !== 'deferred') return outcomeOf(operation, result);
        const [alone] = await this.#send([this.#operation(operation)]);
        return outcomeOf(operation, alone!);
      }),
    );
  }

  /** Cut where a gateway cuts; one connection carries them, so that they are executed in order. */
  #frames(operations: readonly CacheOperation[]): Operation[][] {
    const frames: Operation[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const operation of operations) {
      const size = operation.kind === 'set' ? operation.size : 0;
      const last = frames.at(-1);
      bytes += size;
      if (last !== undefined && bytes <= hopLimits.frameBytesMax && last.length < hopLimits.frameOperationsMax) {
        last.push(this.#operation(operation));
        continue;
      }
      frames.push([this.#operation(operation)]);
      bytes = size;
    }
    return frames;
  }

  #operation({ kind, key, size, ttlSeconds, mark }: CacheOperation): Operation {
    const bytes = Buffer.from(key, 'latin1');
    const target = { cache: this.#cache, key: bytes, hash: keyHash(this.#cache.seed, bytes) };
    if (kind !== 'set') return { kind, ...target };
    const ttlMs = ttlSeconds === 0 ? limits.ttlMsMax : Math.min(limits.ttlMsMax, ttlSeconds * 1_000);
    return { kind, ...target, value: this.#values.of(size, mark), contentType: octetStream, ttlMs };
  }

  #send(operations: readonly Operation[]): Promise<OperationResult[]> {
    const size = operations.reduce((sum, operation) => sum + operationBytes(operation, null), frameHeaderBytes);
    const frame = Buffer.allocUnsafe(size);
    const id = { frameIdLow: this.#frameId++, frameIdHigh: 0 };
    writeRequest(
      frame,
      { ...id, ...this.#numbers, deadlineMs: benchLimits.answerTimeoutMs },
      operations.map((operation) => ({ operation, trace: null })),
    );
    return new Promise((resolve, reject) => {
      this.#connection.send('write', frame, benchLimits.answerTimeoutMs, {
        onReply: (reply) => {
          const reader = new ReplyReader(reply, { ...id, operationCount: operations.length });
          const results = operations.map(({ hash }) => reader.next(slotOf(hash), hash));
          reader.close();
          resolve(results);
        },
        onFailure: ({ reason }) => reject(new Error(`the storage node did not answer: ${reason}`)),
      });
    });
  }
}

function outcomeOf({ kind, mark }: CacheOperation, { status, item }: OperationResult): Outcome {
  if (kind === 'get' && status === 'missing') return 'miss';
  if (kind === 'get' && status === 'done')
    return beginsWithMark(item!.value, 0, item!.value.length, mark) ? 'hit' : 'wrong';
  if (kind !== 'get' && status === 'done') return 'done';
  if (kind === 'set' && (status === 'cache_full' || status === 'too_large')) return 'refused';
  throw new Error(`the storage node answers ${status} to a ${kind}`);
}
