import { describe, expect, test } from 'vitest';
import { readDocument, regenerated } from '../../../scripts/generate-docs.ts';
import { problemType } from '../../../src/api/http/problem.ts';
import { getErrorsPage } from '../../../src/api/routes/docs/errors-page.ts';
import type { RouteCall } from '../../../src/api/routes/route.ts';
import { type ErrorCode, errorKinds } from '../../../src/shared/errors.ts';

const codes = Object.keys(errorKinds) as ErrorCode[];

describe('docs/errors.md', () => {
  test('is what the table of errors says: run `node scripts/generate-docs.ts` when this fails', () => {
    const text = readDocument('docs/errors.md');
    expect(text).toBe(regenerated('docs/errors.md', text));
  });

  test('has a row for every code', () => {
    const text = readDocument('docs/errors.md');
    for (const code of codes) expect(text).toContain(`| \`${code}\` | ${errorKinds[code].status} |`);
  });
});

describe('/docs/errors', () => {
  test('has the place that the type of every problem document points to', async () => {
    const reply = await getErrorsPage.handle({} as RouteCall);
    for (const code of codes) {
      const [path, fragment] = problemType(code).split('#');
      expect(path).toBe(getErrorsPage.path);
      expect(reply.body).toContain(`id="${fragment}"`);
    }
  });
});
