import { describe, expect, test } from 'vitest';
import { readDocsFile } from '../../../src/api/node/docs-files.ts';
import { ownAssets, packagedAssets } from '../../../src/api/routes/docs/assets.ts';
import { getDocs } from '../../../src/api/routes/docs/docs-page.ts';
import { getErrorsPage } from '../../../src/api/routes/docs/errors-page.ts';
import type { RouteCall } from '../../../src/api/routes/route.ts';

describe.each([getDocs, getErrorsPage])('$path', (route) => {
  const read = async () => {
    const { headers, body } = await route.handle({} as RouteCall);
    return { policy: headers[headers.indexOf('content-security-policy') + 1]!, html: String(body) };
  };

  test('has a policy that lets nothing inline or foreign run', async () => {
    const { policy } = await read();
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  test('has nothing inline that its policy would stop', async () => {
    const { html } = await read();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:/);
  });

  test('loads only files that this server has', async () => {
    const { html } = await read();
    const loaded = [...html.matchAll(/<(?:script|link)[^>]* (?:src|href)="([^"]*)"/g)].map(([, url]) => url!);
    expect(loaded.length).toBeGreaterThan(0);
    const known = [...Object.keys(ownAssets), ...Object.keys(packagedAssets)].map((name) => `/docs/${name}`);
    expect(known).toEqual(expect.arrayContaining(loaded));
  });
});

describe('the files of the documentation', () => {
  test('are all in the package that they come from', async () => {
    for (const [name, contentType] of Object.entries(packagedAssets)) {
      const file = await readDocsFile(name);
      expect(file?.contentType).toBe(contentType);
      expect(file?.bytes.length).toBeGreaterThan(100);
    }
  });

  test.each(['package.json', '../package.json', 'constructor', '__proto__', '', 'swagger-ui.css.map'])(
    '%j is none of them',
    async (name) => {
      expect(await readDocsFile(name)).toBeUndefined();
    },
  );

  test('Swagger UI asks no validator elsewhere and sends what is tried out to its own server', () => {
    const { text } = ownAssets['start.js']!;
    expect(text).toContain('validatorUrl: null');
    expect(text).toContain('location.origin');
    expect(text).not.toMatch(/https?:/);
  });
});
