import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { GatewayParts } from '../gateway.ts';
import { packagedAssets } from '../routes/docs/assets.ts';

/** Files read so far, by name: at most as many as `packagedAssets` lists. */
const files = new Map<string, Promise<Uint8Array>>();

/**
 * A file of the documentation from the `swagger-ui-dist` package, read once. A name that is not listed in
 * `assets.ts` is undefined and never becomes a path. Rejects when the package lacks a listed file.
 */
export const readDocsFile: GatewayParts['docsFile'] = async (name) => {
  if (!Object.hasOwn(packagedAssets, name)) return undefined;
  let bytes = files.get(name);
  if (bytes === undefined) {
    bytes = readFile(join(packageFolder(), name));
    files.set(name, bytes);
    bytes.catch(() => files.delete(name));
  }
  return { contentType: packagedAssets[name]!, bytes: await bytes };
};

/** The text of `openapi.yaml`, which stands beside `src` and `dist` alike. */
export function readOpenApiText(): Promise<string> {
  return readFile(new URL('../../../openapi.yaml', import.meta.url), 'utf8');
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
