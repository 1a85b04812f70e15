/** Steps drawn from a seed. They meet one another: few keys, few values, versions that exist, marks that come again. */
import { limits } from '../../../src/shared/limits.ts';
import { octetStream, ttlModes, valueConditionKinds } from '../../../src/shared/operation.ts';
import { int64Max, int64Min, seededRandom } from '../../support/operation-arbitraries.ts';
import type { NodeOperation, NodeWorld, Step, StepCondition, Value } from './step.ts';

/** Cache 3 does not evict. */
export const cacheCount = 3;
/** Few marks, so that most come again inside their window; each has two fingerprints. */
const marks = 300;
const operationsPerFrameMax = 9;

const texts = [
  '',
  'a',
  'b',
  'a longer value that takes a few cache lines of its own',
  '0',
  '41',
  '-7',
  '9223372036854775807',
];
const ttlsMs = [1, 50, 1_000, 60_000, 86_400_000, limits.ttlMsMax];
/** Under pressure: or expiry would make the room. */
const longTtlsMs = [86_400_000, limits.ttlMsMax];

export class NodeGenerator {
  readonly #ample: boolean;
  readonly #keys: number;
  readonly #random: () => number;

  constructor(world: NodeWorld, seed: number) {
    this.#ample = world.ample;
    this.#keys = world.ample ? 14 : 1_500;
    this.#random = seededRandom(seed);
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  next(): Step {
    const dice = this.#below(1_000);
    if (dice < 150) return { kind: 'advance', ms: this.#pick([1, 49, 50, 999, 60_000]) };
    if (dice < 165) return { kind: 'maintain' };
    if (dice < (this.#ample ? 168 : 166)) return { kind: 'flush', cache: this.#below(cacheCount) };
    const length = this.#chance(0.5) ? 1 : 1 + this.#below(operationsPerFrameMax);
    return { kind: 'frame', operations: Array.from({ length }, () => this.#operation()) };
  }

  #operation(): NodeOperation {
    const at = { cache: this.#below(cacheCount), key: this.#below(this.#keys) };
    const mutation = {
      ...at,
      ...(this.#chance(0.3) ? { condition: this.#condition() } : {}),
      ...(this.#ample && this.#chance(0.1) ? { mark: { id: this.#below(marks), fingerprint: this.#below(2) } } : {}),
    };
    const ttlMs = this.#pick(this.#ample ? ttlsMs : longTtlsMs);
    const dice = this.#below(13);
    if (dice < 2) return { kind: 'get', ...at };
    if (dice === 2) return { kind: 'describe', ...at };
    if (dice < 7) {
      const contentType = this.#pick([octetStream, 'text/plain', 'application/json', `text/x-${this.#below(40)}`]);
      return { kind: dice === 6 ? 'swap' : 'set', ...mutation, value: this.#value(), contentType, ttlMs };
    }
    if (dice < 9) return { kind: dice === 7 ? 'delete' : 'take', ...mutation };
    if (dice < 11) {
      const amount = this.#pick([1n, -1n, 7n, -300n, int64Max, int64Min]);
      const bounds = { ...(this.#chance(0.2) ? { min: -50n } : {}), ...(this.#chance(0.2) ? { max: 50n } : {}) };
      return { kind: 'increment', ...mutation, amount, ...bounds, ttlMs, ttlOnCreateOnly: this.#chance(0.5) };
    }
    return { kind: 'ttl', ...mutation, mode: this.#pick(ttlModes), ttlMs };
  }

  #value(): Value {
    const dice = this.#below(1_000);
    const seed = this.#below(3);
    if (dice < 4) return { bytes: this.#below(limits.itemSizeBytesMax - limits.keySizeBytesMax), seed };
    if (dice < 30) return { bytes: 64_000 + this.#below(4_000), seed };
    if (!this.#ample && dice < 700) return { bytes: this.#below(60_000), seed };
    if (dice < 200) return { bytes: this.#below(2_000), seed };
    return this.#pick(texts);
  }

  #condition(): StepCondition {
    const list = () =>
      this.#chance(0.3)
        ? ('*' as const)
        : Array.from({ length: this.#below(3) }, () => ({ dataEpoch: 1, sequence: 1 + this.#below(60) }));
    const parts = 1 + this.#below(7);
    return {
      ...(parts & 1 ? { value: { kind: this.#pick(valueConditionKinds), compare: this.#pick(texts) } } : {}),
      ...(parts & 2 ? { ifMatch: list() } : {}),
      ...(parts & 4 ? { ifNoneMatch: list() } : {}),
    };
  }
}
