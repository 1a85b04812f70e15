import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import { SeveralPositions, topicHash } from '../../src/topics-sse/several-positions.ts';

const { positionsPerIdMax } = streamLimits;
const position = fc.record({ page: fc.maxSafeNat(), sequence: fc.maxSafeNat() });
const positionsOf = (entries: readonly (readonly [string, { page: number; sequence: number }])[]) => {
  const positions = new SeveralPositions();
  for (const [name, at] of entries) positions.move(topicHash(name), at);
  return positions;
};

describe('positions of several topics', () => {
  it('round trip: an id tells of each topic, in ASCII that a header takes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), position, { maxKeys: 40 }), (byName) => {
        const entries = Object.entries(byName);
        const { id } = positionsOf(entries);
        expect(id).toMatch(/^m[.0-9a-z-]*$/);
        const parsed = SeveralPositions.parse(id)!;
        expect(parsed.partial).toBe(false);
        for (const [name, at] of entries) expect(parsed.ofHash(topicHash(name))).toEqual(at);
        expect(parsed.id).toBe(id);
      }),
      { seed: 48, numRuns: 100 },
    );
  });

  it('an id of no topics is one too, and knows none', () => {
    const none = SeveralPositions.parse(new SeveralPositions().id)!;
    expect([none.partial, none.ofHash(topicHash('a'))]).toEqual([false, undefined]);
  });

  it('a move replaces the position, and puts the topic last', () => {
    const positions = positionsOf([
      ['a', { page: 1, sequence: 1 }],
      ['b', { page: 1, sequence: 1 }],
    ]);
    const before = positions.id;
    positions.move(topicHash('a'), { page: 1, sequence: 2 });
    expect(positions.id).not.toBe(before);
    expect(positions.ofHash(topicHash('a'))).toEqual({ page: 1, sequence: 2 });
    expect(positions.id.endsWith(`.${topicHash('a')}-1-2`)).toBe(true);
  });

  it('bound: past it an id tells of those that moved last, and says that it leaves some out', () => {
    const names = Array.from({ length: positionsPerIdMax + 5 }, (_, index) => `topic-${index}`);
    const full = positionsOf(names.slice(0, positionsPerIdMax).map((name) => [name, { page: 1, sequence: 1 }]));
    expect(full.id.startsWith('m.')).toBe(true);
    const positions = positionsOf(names.map((name) => [name, { page: 1, sequence: 1 }]));
    positions.move(topicHash('topic-0'), { page: 1, sequence: 9 });
    const parsed = SeveralPositions.parse(positions.id)!;
    expect(parsed.partial).toBe(true);
    expect(parsed.ofHash(topicHash('topic-0'))).toEqual({ page: 1, sequence: 9 });
    expect(names.filter((name) => parsed.ofHash(topicHash(name)) === undefined)).toEqual(names.slice(1, 6));
  });

  it('bound: the largest id fits the parameter and the head of a request', () => {
    const largest = { page: Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER };
    const names = Array.from({ length: positionsPerIdMax }, (_, index) => `${'ü'.repeat(200)}${index}`);
    expect(positionsOf(names.map((name) => [name, largest])).id.length).toBeLessThan(4_096);
  });

  it('partial: stays so over every resume, also when few topics are told of', () => {
    const earlier = SeveralPositions.parse(`n.${topicHash('a')}-1-1`)!;
    const positions = new SeveralPositions();
    positions.adopt(earlier);
    expect([positions.partial, positions.id]).toEqual([true, `n.${topicHash('a')}-1-1`]);
    positions.move(topicHash('b'), { page: 2, sequence: 2 });
    expect(SeveralPositions.parse(positions.id)!.partial).toBe(true);
  });

  it('adopt: takes over topics that are not there now, so that they resume when they come back', () => {
    const positions = positionsOf([['b', { page: 1, sequence: 5 }]]);
    positions.adopt(positionsOf([['a', { page: 3, sequence: 7 }]]));
    const parsed = SeveralPositions.parse(positions.id)!;
    expect(['a', 'b'].map((name) => parsed.ofHash(topicHash(name))?.sequence)).toEqual([7, 5]);
  });

  const entry = '.abc-1-1';
  it.each([
    '',
    'x',
    'M.abc-1-1',
    'mm.abc-1-1',
    'm.',
    'm.abc',
    'm.abc-1',
    'm.abc-1-1-1',
    'm.abc--1-1',
    'm.ABC-1-1',
    'm.abc-1-1.',
    ' m.abc-1-1',
    'm.abc-1-1\n',
    'm.abc-1-1 ',
    'm.äbc-1-1',
    'm.abcdefghijkl-1-1',
    'm.abc-2gosa7pa2gw-1',
    'm.abc-1-zzzzzzzzzzz',
    '1879048192000001-17',
    `m${entry.repeat(positionsPerIdMax + 1)}`,
  ])('malformed: %j was given out by nobody', (text) => expect(SeveralPositions.parse(text)).toBeUndefined());

  it('malformed: any text is either an id or none, and never an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[mn][.0-9a-z-]{0,60}$/)), (text) => {
        const parsed = SeveralPositions.parse(text);
        if (parsed !== undefined) expect(SeveralPositions.parse(parsed.id)!.id).toBe(parsed.id);
      }),
      { seed: 49, numRuns: 500 },
    );
  });

  it('hash: 53 bits at the most, apart for names that look alike', () => {
    const names = ['', 'a', 'b', 'ab', 'ba', 'é', 'e\u0301', '\ufeffa', 'a'.repeat(512)];
    const hashes = names.map(topicHash);
    expect(new Set(hashes).size).toBe(names.length);
    for (const hash of hashes) expect(Number.isSafeInteger(Number.parseInt(hash, 36))).toBe(true);
  });
});
