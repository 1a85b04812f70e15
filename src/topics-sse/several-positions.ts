import { murmur3 } from '../shared/hash.ts';
import type { TopicPosition } from '../shared/topics/position.ts';
import { streamLimits } from './limits.ts';

/**
 * Where a stream of several topics is in each of them, as the one id that an event has: `m` or `n`, then for each
 * topic `.hash-page-sequence` in base 36. `n` says that there are more topics than the id tells of.
 *
 * Topics are told apart by 53 bits of hash: among a hundred, two share one about once in 10^12.
 */
export class SeveralPositions {
  /** By the topic's hash, the one that moved last at the end. */
  readonly #positions = new Map<string, TopicPosition>();
  /** Whether topics may have been left out. */
  #partial = false;
  #text: string | null = null;

  get partial(): boolean {
    return this.#partial;
  }

  /** `hash` is a topic's, as `topicHash` gives it. */
  ofHash(hash: string): TopicPosition | undefined {
    return this.#positions.get(hash);
  }

  move(hash: string, position: TopicPosition): void {
    this.#positions.delete(hash);
    this.#positions.set(hash, position);
    this.#text = null;
  }

  /** Takes over the positions of an earlier stream: of topics that may come back, too. */
  adopt(earlier: SeveralPositions): void {
    for (const [hash, position] of earlier.#positions) this.#positions.set(hash, position);
    this.#partial = earlier.#partial;
    this.#text = null;
  }

  /** The id. */
  get id(): string {
    if (this.#text !== null) return this.#text;
    let skip = this.#positions.size - streamLimits.positionsPerIdMax;
    let text = skip > 0 || this.#partial ? 'n' : 'm';
    for (const [hash, { page, sequence }] of this.#positions)
      if (skip-- <= 0) text += `.${hash}-${page.toString(36)}-${sequence.toString(36)}`;
    this.#text = text;
    return text;
  }

  /** Undefined for text that no server of this kind gave out. */
  static parse(id: string): SeveralPositions | undefined {
    if (!pattern.test(id)) return undefined;
    const positions = new SeveralPositions();
    positions.#partial = id.startsWith('n');
    const entries = id.split('.').slice(1);
    if (entries.length > streamLimits.positionsPerIdMax) return undefined;
    for (const entry of entries) {
      const [hash, page, sequence] = entry.split('-') as [string, string, string];
      const position = { page: Number.parseInt(page, 36), sequence: Number.parseInt(sequence, 36) };
      if (!Number.isSafeInteger(position.page) || !Number.isSafeInteger(position.sequence)) return undefined;
      positions.#positions.set(hash, position);
    }
    return positions;
  }
}

const pattern = /^[mn](\.[0-9a-z]{1,11}-[0-9a-z]{1,11}-[0-9a-z]{1,11})*$/;
const encoder = new TextEncoder();

/** 53 bits of hash of a topic's name, in base 36. */
export function topicHash(topic: string): string {
  const bytes = encoder.encode(topic);
  const high = murmur3(bytes, 0, bytes.length, 0x7f4a7c15) >>> 11;
  return (high * 2 ** 32 + murmur3(bytes, 0, bytes.length, 0x1b873593)).toString(36);
}
