import { afterAll, describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { mutatedFiles, sourceText, Workspace } from './workspace.ts';

describe('mutants', () => {
  it('each has a name of its own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(26);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('applies: %s', (_name, mutant) => {
    for (const [file, text] of mutatedFiles(mutant, sourceText)) expect(text).not.toBe(sourceText(file));
  });

  it('a text that is not there, or twice, is refused', () => {
    const mutant = { name: 'm', edits: [{ file: 'f.ts', search: 'a$', replace: '$&' }] };
    expect(() => mutatedFiles(mutant, () => 'b')).toThrow('mutant "m": its text is 0 times in f.ts');
    expect(() => mutatedFiles(mutant, () => 'a$ a$')).toThrow('2 times');
    expect(mutatedFiles(mutant, () => 'xa$').get('f.ts')).toBe('x$&');
  });
});

/** Some that are found within a few runs; all of them: `npm run sim:mutants`. */
const quick = [
  'a write is acknowledged before the copies have it',
  'a gateway repeats a write whose connection broke',
  'a primary serves without promises',
  'a process that starts again is taken for its former life',
  'a delete of what the primary has evicted leaves the copies as they are',
];

describe('kill check', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());

  it.each(quick)('finds: %s', { timeout: 120_000 }, async (name) => {
    const mutant = mutants.find((one) => one.name === name)!;
    const { shape = 'mixed' } = mutant;
    workspace.plant(mutant);
    expect(await workspace.simulate(200, [shape], 100_000)).toMatch(new RegExp(`^${shape}, run \\d+: `));
    workspace.heal();
  });

  it('a program that is broken has found nothing', { timeout: 120_000 }, async () => {
    const broken = {
      name: 'b',
      edits: [{ file: 'test/replication/sim/timeline.ts', search: 'runUntil(endMs', replace: 'runTo(endMs' }],
    };
    workspace.plant(broken);
    await expect(workspace.simulate(1, ['mixed'], 100_000)).rejects.toThrow('the simulator is broken');
    workspace.heal();
  });

  it('finds nothing without a defect', { timeout: 120_000 }, async () => {
    expect(await workspace.simulate(10, ['mixed'], 100_000)).toBe(null);
  });
});
