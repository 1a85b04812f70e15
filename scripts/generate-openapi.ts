/**
 * Writes `openapi.yaml` from the routes, and from it the types of the test client:
 * `node scripts/generate-openapi.ts`. Tests fail when either is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTypes, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { openApiText } from '../src/api/openapi/document.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const clientTypes = 'test/api/client/schema.d.ts';

/** The text that `openapi.yaml` should have. */
export function generatedOpenApi(): string {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  return openApiText(version);
}

/** The types of a client of the given `openapi.yaml`. Values are whatever `fetch` takes for a body. */
export async function generatedClientTypes(openApi: string): Promise<string> {
  const nodes = await openapiTypes(openApi, {
    transform: (schema) => (schema.format === 'binary' ? ts.factory.createTypeReferenceNode('BodyInit') : undefined),
  });
  return `// Generated from openapi.yaml by scripts/generate-openapi.ts.\n${astToString(nodes)}`;
}

if (import.meta.main) {
  const openApi = generatedOpenApi();
  writeFileSync(`${root}openapi.yaml`, openApi);
  writeFileSync(`${root}${clientTypes}`, await generatedClientTypes(openApi));
}
