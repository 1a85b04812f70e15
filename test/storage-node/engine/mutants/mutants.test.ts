import { afterAll, describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { engineText, mutated, Workspace } from './workspace.ts';

describe('mutants', () => {
  it('each has a name of its own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(14);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('applies: %s', (_name, mutant) => {
    const text = engineText(mutant.file);
    expect(mutated(text, mutant)).not.toBe(text);
  });

  it('a text that is not there, or twice, is refused', () => {
    const mutant = { name: 'm', file: 'f.ts', search: 'a$', replace: '$&' };
    expect(() => mutated('b', mutant)).toThrow('mutant "m": its text is 0 times in f.ts');
    expect(() => mutated('a$ a$', mutant)).toThrow('2 times');
    expect(mutated('xa$', mutant)).toBe('x$&');
  });
});

describe('kill check', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());
  const some = ['expiry: an item is still found', 'removal: the record is not marked dead'];

  it.each(some)('finds %s', async (name) => {
    const mutant = mutants.find((one) => one.name.startsWith(name))!;
    workspace.plant(mutant);
    expect(await workspace.fuzz(20_000, 15_000)).toMatch(/^seed \d+ \(.*\), operation \d+: /);
    workspace.heal(mutant);
  });

  it('finds nothing in the engine as it is', async () => {
    expect(await workspace.fuzz(200, 15_000)).toBe(null);
  });
});
