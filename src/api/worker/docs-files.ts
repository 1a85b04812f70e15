import favicon from 'swagger-ui-dist/favicon-32x32.png';
import style from 'swagger-ui-dist/swagger-ui.css';
import script from 'swagger-ui-dist/swagger-ui-bundle.js';
import type { GatewayParts } from '../gateway.ts';
import { packagedAssets } from '../routes/docs/assets.ts';

const files: Readonly<Record<string, ArrayBuffer>> = {
  'swagger-ui.css': style,
  'swagger-ui-bundle.js': script,
  'favicon-32x32.png': favicon,
};

/** A file of the documentation, from the worker's own modules. */
export const bundledDocsFile: GatewayParts['docsFile'] = async (name) => {
  if (!Object.hasOwn(files, name)) return undefined;
  return { contentType: packagedAssets[name]!, bytes: new Uint8Array(files[name]!) };
};
