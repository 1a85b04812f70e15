import { describe, expect, it } from 'vitest';
import type { Condition, Operation, ResultStatus, Version } from '../../src/shared/operation.ts';
import { octetStream, ttlModes, valueConditionKinds } from '../../src/shared/operation.ts';
import type { StorageEngine } from '../../src/storage-node/engine/storage-engine.ts';
import { target, testCache, utf8 } from '../support/fleet-state.ts';
import { int64Max, int64Min, seededRandom } from '../support/operation-arbitraries.ts';
import { asModelResult, OperationModel } from '../support/operation-model.ts';
import { TestStorage } from '../support/storage.ts';
import { engines } from './operations/engines.ts';

const cache = testCache();

/** Operations that meet one another: few keys, few values, versions that exist, marks that come again. */
class Generator {
  /** Versions told lately, for conditions that hold. */
  readonly versions: Version[] = Array.from({ length: 8 }, () => ({ dataEpoch: 1, sequence: 1 }));
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  operation(): Operation {
    const at = target(cache, `key ${this.below(12)}`);
    const mutation = {
      ...at,
      ...(this.chance(0.3) ? { condition: this.#condition() } : {}),
      ...(this.chance(0.1) ? { idempotency: this.#mark() } : {}),
    };
    const ttlMs = this.pick([1, 50, 1_000, 60_000, 86_400_000]);
    const stored = {
      value: this.#value(),
      contentType: this.pick([octetStream, 'text/plain', 'application/json']),
      ttlMs,
    };
    const kind = this.pick([
      'get',
      'get',
      'describe',
      'set',
      'set',
      'set',
      'delete',
      'take',
      'swap',
      'increment',
      'increment',
      'ttl',
      'claim',
    ] as const);
    switch (kind) {
      case 'get':
      case 'describe':
        return { kind, ...at };
      case 'set':
      case 'swap':
        return { kind, ...mutation, ...stored };
      case 'delete':
      case 'take':
        return { kind, ...mutation };
      case 'increment': {
        const amount = this.pick([1n, -1n, 7n, -300n, int64Max, int64Min]);
        const bounds = { ...(this.chance(0.2) ? { min: -50n } : {}), ...(this.chance(0.2) ? { max: 50n } : {}) };
        return { kind, ...mutation, amount, ...bounds, ttlMs, ttlOnCreateOnly: this.chance(0.5) };
      }
      case 'ttl':
        return { kind, ...mutation, mode: this.pick(ttlModes), ttlMs };
      case 'claim':
        return { kind, ...at, idempotency: this.#mark() };
    }
  }

  #value(): Uint8Array {
    if (this.chance(0.02)) return new Uint8Array(66_000).fill(this.below(2));
    return utf8(
      this.pick([
        '',
        'a',
        'b',
        'a longer value that takes a few cache lines of its own, so that it is not inlined',
        '0',
        '41',
        '-7',
      ]),
    );
  }

  #condition(): Condition {
    const list = () =>
      (this.chance(0.3)
        ? '*'
        : Array.from({ length: this.below(3) }, () => this.pick(this.versions))) as Condition['ifMatch'] & {};
    const parts = 1 + this.below(7);
    return {
      ...(parts & 1 ? { value: { kind: this.pick(valueConditionKinds), compare: this.#value() } } : {}),
      ...(parts & 2 ? { ifMatch: list() } : {}),
      ...(parts & 4 ? { ifNoneMatch: list() } : {}),
    };
  }

  /** Few marks and fingerprints; a mark may come again with another operation, which the node need not notice itself. */
  #mark() {
    return { id: new Uint8Array(16).fill(this.below(200)), fingerprint: new Uint8Array(16).fill(this.below(2)) };
  }
}

/** Runs random frames against a node and the model side by side; throws at the first difference. Returns the statuses met. */
function run(engine: StorageEngine, seed: number): Set<ResultStatus> {
  const node = new TestStorage({ engine });
  const model = new OperationModel();
  const generator = new Generator(seed);
  const met = new Set<ResultStatus>();
  for (let round = 0; round < 1_500; round++) {
    const length = generator.chance(0.5) ? 1 : 1 + generator.below(9);
    const operations = Array.from({ length }, () => generator.operation());
    const results = node.frame(operations);
    results.forEach((result, index) => {
      const operation = operations[index]!;
      met.add(result.status);
      if (result.item !== null) generator.versions[generator.below(8)] = result.item.version;
      // Put off because of its size: nothing was done, as the model is not asked.
      if (result.status === 'deferred') return;
      const expected = model.apply(operation, node.clock.monotonicMs());
      expect(asModelResult(result), `seed ${seed}, round ${round}, operation ${index}: ${operation.kind}`).toEqual(
        expected,
      );
    });
    if (generator.chance(0.3)) node.clock.advance(generator.pick([1, 49, 50, 999, 60_000]));
    if (generator.chance(0.02)) node.engine.maintain(node.clock.monotonicMs());
  }
  node.engine.checkIntegrity();
  return met;
}

describe.each(engines)('executor on the %s against a model', (_name, newEngine) => {
  it.each([1, 2, 3])('random frames answer as a Map would (seed %i)', (seed) => {
    const met = run(newEngine(), seed);
    const wanted = [
      'done',
      'missing',
      'condition_not_met',
      'bound_reached',
      'ttl_not_changed',
      'not_an_integer',
      'integer_overflow',
      'idempotency_key_reused',
      'deferred',
    ] as const;
    for (const status of wanted) expect(met.has(status), status).toBe(true);
  });

  it.each<[string, (engine: StorageEngine) => void]>([
    ['any value equals any other', (engine) => (engine.foundEquals = () => true)],
    ['nothing is ever removed', (engine) => (engine.remove = () => true)],
    ['a new expiry is not kept', (engine) => (engine.setExpiry = () => 'stored')],
  ])('canary: an engine in which %s is found out', (_fault, spoil) => {
    const engine = newEngine();
    spoil(engine);
    expect(() => run(engine, 1)).toThrow();
  });
});
