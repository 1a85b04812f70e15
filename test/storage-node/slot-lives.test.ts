import { describe, expect, it } from 'vitest';
import { SlotLives, sequenceOf, slotSequenceMax } from '../../src/storage-node/slot-lives.ts';

describe('slot lives', () => {
  it('a slot’s first items are kept under their sequences, which the engine’s small header has room for', () => {
    const lives = new SlotLives();
    expect(lives.stored(3, 17)).toBe(17);
    expect([lives.isCurrent(3, 17), lives.isCurrent(3, slotSequenceMax)]).toEqual([true, true]);
  });

  it('wipe: what was stored is not there, and versions are the same in the next life', () => {
    const lives = new SlotLives();
    const before = lives.stored(3, 17);
    const other = lives.stored(4, 17);
    expect(lives.wipe(3)).toBe(true);
    expect([lives.isCurrent(3, before), lives.isCurrent(4, other)]).toEqual([false, true]);
    const after = lives.stored(3, 17);
    expect([sequenceOf(before), sequenceOf(after), lives.isCurrent(3, after)]).toEqual([17, 17, true]);
    expect(after).toBeLessThan(2 ** 48);
  });

  it('wipe: a slot in which nothing was stored keeps its life', () => {
    const lives = new SlotLives();
    lives.wipe(3);
    lives.wipe(3);
    expect([lives.stored(3, 1), lives.sweepDue]).toEqual([1, false]);
  });

  it('a life is used again after a sweep that began when it was over, and not sooner', () => {
    const lives = new SlotLives();
    const first = lives.stored(3, 1);
    lives.sweepBegins();
    lives.wipe(3);
    const second = lives.stored(3, 1);
    lives.sweepEnds();
    lives.wipe(3);
    // The sweep that just ended may have been past items of the first life when it was given up.
    const third = lives.stored(3, 1);
    expect(new Set([first, second, third]).size).toBe(3);
    lives.sweepBegins();
    lives.sweepEnds();
    lives.wipe(3);
    expect(lives.stored(3, 1)).toBe(first);
  });

  it('wipe: false when all lives wait for the sweep', () => {
    const lives = new SlotLives();
    const seen = new Set<number>();
    for (let life = 0; life < 255; life++) {
      seen.add(lives.stored(3, 1));
      expect(lives.wipe(3)).toBe(true);
    }
    seen.add(lives.stored(3, 1));
    expect(seen.size).toBe(256);
    expect(lives.wipe(3)).toBe(false);
    lives.sweepBegins();
    expect(lives.wipe(3)).toBe(false);
    lives.sweepEnds();
    expect(lives.wipe(3)).toBe(true);
    expect(lives.isCurrent(3, lives.stored(3, 1))).toBe(true);
  });
});
