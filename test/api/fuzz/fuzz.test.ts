import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fuzz } from './fuzz.ts';
import { Choices } from './random.ts';

/** Another seed in each run finds more in time; the one that failed is in the test's name. */
const seed = Number(process.env['GODWIT_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const requestsMax = 1_500;

let fuzz: Fuzz;

beforeAll(async () => {
  fuzz = await Fuzz.start();
});

afterAll(() => fuzz.stop());

describe('hostile input', () => {
  test('of the corpus, over raw sockets: refused with a problem document, never a 5xx, a hang or a secret', async () => {
    expect(await fuzz.runRawCases()).toEqual([]);
  });

  test(`by chance (GODWIT_FUZZ_SEED=${seed}): only declared answers, never a 5xx, a hang or a secret`, async () => {
    const { requests, byStatus, findings } = await fuzz.run({ seed, goOn: (sent) => sent < requestsMax });
    expect(findings).toEqual([]);
    expect(requests).toBeGreaterThanOrEqual(requestsMax);
    // A run of refusals alone would show little.
    expect(byStatus['200']! + byStatus['204']!).toBeGreaterThan(requests / 20);
  });

  test('is the same for the same seed', () => {
    const [one, other] = [new Choices(7), new Choices(7)];
    expect(Array.from({ length: 50 }, () => one.below(1_000))).toEqual(
      Array.from({ length: 50 }, () => other.below(1_000)),
    );
  });
});
