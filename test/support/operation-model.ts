import type {
  Condition,
  ItemRecord,
  Operation,
  OperationResult,
  ResultStatus,
  Version,
} from '../../src/shared/operation.ts';
import { octetStream } from '../../src/shared/operation.ts';
import { slotOf } from '../../src/shared/slots.ts';

interface ModelItem {
  value: string;
  contentType: string;
  sequence: number;
  expiresAtMs: number;
}

interface ModelRecord {
  fingerprint: string;
  key: string;
  result: ModelResult;
  expiresAtMs: number;
}

/** What a result says; its item's value as latin1, '' when it is not told. */
export interface ModelResult {
  status: ResultStatus;
  existed: boolean;
  replayed: boolean;
  item: { version: Version; ttlMs: number; valueLength: number; contentType: string; value: string } | null;
}

const idempotencyWindowMs = 600_000;

/** The operations as plainly as they can be said: a Map, with whole milliseconds. One cache, data epoch 1. */
export class OperationModel {
  readonly #items = new Map<string, ModelItem>();
  readonly #sequences = new Map<number, number>();
  readonly #records = new Map<string, ModelRecord>();

  apply(operation: Operation, nowMs: number): ModelResult {
    const mark = 'idempotency' in operation ? operation.idempotency : undefined;
    if (mark === undefined) return this.#do(operation, nowMs);
    const id = latin1(mark.id);
    const fingerprint = latin1(mark.fingerprint);
    const key = latin1(operation.key);
    const known = this.#records.get(id);
    if (known !== undefined && nowMs < known.expiresAtMs)
      return known.fingerprint === fingerprint && known.key === key
        ? { ...known.result, replayed: true }
        : plain('idempotency_key_reused');
    const result = this.#do(operation, nowMs);
    this.#records.set(id, { fingerprint, key, result, expiresAtMs: nowMs + idempotencyWindowMs });
    return result;
  }

  #do(operation: Operation, nowMs: number): ModelResult {
    const key = latin1(operation.key);
    let item = this.#items.get(key);
    if (item !== undefined && item.expiresAtMs <= nowMs) item = undefined;
    if ('condition' in operation && operation.condition !== undefined && !holds(operation.condition, item))
      return item === undefined ? plain('condition_not_met') : told('condition_not_met', item, nowMs, false);
    switch (operation.kind) {
      case 'claim':
        return plain('done');
      case 'publish':
      case 'topic':
      case 'topics':
        throw new Error('this model knows items only');
      case 'get':
      case 'describe':
        return item === undefined ? plain('missing') : told('done', item, nowMs, operation.kind === 'get');
      case 'delete':
        if (item !== undefined) this.#remove(operation);
        return plain('done', item !== undefined);
      case 'take': {
        if (item === undefined) return plain('missing');
        this.#remove(operation);
        return told('done', item, nowMs, true);
      }
      case 'set':
      case 'swap': {
        const { ttlMs, contentType } = operation;
        const sequence = this.#store(operation, latin1(operation.value), contentType, nowMs + ttlMs);
        if (operation.kind === 'set' || item === undefined) return written(sequence, ttlMs, false);
        return told('done', { ...item, sequence, expiresAtMs: nowMs + ttlMs }, nowMs, true);
      }
      case 'ttl': {
        if (item === undefined) return plain('missing');
        const remaining = item.expiresAtMs - nowMs;
        const { mode, ttlMs } = operation;
        if ((mode === 'raise' && ttlMs <= remaining) || (mode === 'lower' && ttlMs >= remaining))
          return told('ttl_not_changed', item, nowMs, false);
        return written(this.#store(operation, item.value, item.contentType, nowMs + ttlMs), ttlMs, true);
      }
      case 'increment': {
        const found = item;
        if (found !== undefined && !isInteger(found.value)) return told('not_an_integer', found, nowMs, false);
        const sum = BigInt(found?.value ?? '0') + operation.amount;
        const kept = (status: ResultStatus, withValue: boolean) =>
          found === undefined ? plain(status) : told(status, found, nowMs, withValue);
        if (BigInt.asIntN(64, sum) !== sum) return kept('integer_overflow', false);
        if (
          (operation.min !== undefined && sum < operation.min) ||
          (operation.max !== undefined && sum > operation.max)
        )
          return kept('bound_reached', true);
        const expiresAtMs =
          found !== undefined && operation.ttlOnCreateOnly ? found.expiresAtMs : nowMs + operation.ttlMs;
        const contentType = found?.contentType ?? octetStream;
        const sequence = this.#store(operation, String(sum), contentType, expiresAtMs);
        return {
          ...told('done', { value: String(sum), contentType, sequence, expiresAtMs }, nowMs, true),
          existed: found !== undefined,
        };
      }
    }
  }

  #next(operation: Operation): number {
    const slot = slotOf(operation.hash);
    const sequence = (this.#sequences.get(slot) ?? 0) + 1;
    this.#sequences.set(slot, sequence);
    return sequence;
  }

  #store(operation: Operation, value: string, contentType: string, expiresAtMs: number): number {
    const sequence = this.#next(operation);
    this.#items.set(latin1(operation.key), { value, contentType, sequence, expiresAtMs });
    return sequence;
  }

  #remove(operation: Operation): void {
    this.#next(operation);
    this.#items.delete(latin1(operation.key));
  }
}

/** A result of the node in the model's terms. */
export function asModelResult({ status, existed, replayed, item }: OperationResult): ModelResult {
  return { status, existed, replayed, item: item === null ? null : asModelItem(item) };
}

function asModelItem({ version, ttlMs, valueLength, contentType, value }: ItemRecord): ModelResult['item'] {
  return { version, ttlMs, valueLength, contentType, value: latin1(value) };
}

function plain(status: ResultStatus, existed = false): ModelResult {
  return { status, existed, replayed: false, item: null };
}

function told(status: ResultStatus, item: ModelItem, nowMs: number, withValue: boolean): ModelResult {
  const { value, contentType, sequence, expiresAtMs } = item;
  return {
    status,
    existed: true,
    replayed: false,
    item: {
      version: { dataEpoch: 1, sequence },
      ttlMs: expiresAtMs - nowMs,
      valueLength: value.length,
      contentType,
      value: withValue ? value : '',
    },
  };
}

function written(sequence: number, ttlMs: number, existed: boolean): ModelResult {
  const item = { version: { dataEpoch: 1, sequence }, ttlMs, valueLength: 0, contentType: octetStream, value: '' };
  return { status: 'done', existed, replayed: false, item };
}

function holds(condition: Condition, item: ModelItem | undefined): boolean {
  const listed = (list: NonNullable<Condition['ifMatch']>): boolean =>
    item !== undefined &&
    (list === '*' || list.some(({ dataEpoch, sequence }) => dataEpoch === 1 && sequence === item.sequence));
  if (condition.ifMatch !== undefined && !listed(condition.ifMatch)) return false;
  if (condition.ifNoneMatch !== undefined && listed(condition.ifNoneMatch)) return false;
  if (condition.value === undefined) return true;
  const equal = item !== undefined && item.value === latin1(condition.value.compare ?? new Uint8Array(0));
  const outcomes = {
    absent: item === undefined,
    present: item !== undefined,
    equal,
    not_equal: !equal,
    present_and_not_equal: item !== undefined && !equal,
    absent_or_equal: item === undefined || equal,
  };
  return outcomes[condition.value.kind];
}

function isInteger(value: string): boolean {
  if (!/^-?\d+$/.test(value) || value.length > 20) return false;
  return BigInt.asIntN(64, BigInt(value)) === BigInt(value);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
