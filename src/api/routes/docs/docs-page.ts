import { z } from 'zod';
import { GodwitError } from '../../../shared/errors.ts';
import type { Reply } from '../../http/exchange.ts';
import type { Parameter, Route, RouteCall } from '../route.ts';
import { ownAssets, packagedAssets } from './assets.ts';
import { page, pageHeaders, pageReply } from './html.ts';

const html = page(
  'Godwit: API',
  'swagger-ui.css',
  '',
  `<div id="documentation"></div>
<noscript><p>This page needs scripts. The description itself is at <a href="/openapi.yaml">/openapi.yaml</a>.</p></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
`,
);

export const getDocs: Route = {
  method: 'GET',
  path: '/docs',
  operationId: 'getDocs',
  tag: 'Documentation',
  summary: 'Interactive documentation',
  description: 'A page that shows this description and tries it out. Everything that it loads comes from this server.',
  access: 'public',
  parameters: [],
  responses: {
    200: { description: 'The page.', body: { contentTypes: ['text/html'], schema: 'text' }, headers: pageHeaders },
  },
  problems: [],
  handle: () => pageReply(html),
};

const fileInPath: Parameter = {
  name: 'file',
  in: 'path',
  kind: 'string',
  schema: z.string(),
  required: true,
  description: 'Name of the file.',
  example: 'start.js',
};

export const getDocsFile: Route = {
  method: 'GET',
  path: '/docs/{file}',
  operationId: 'getDocsFile',
  tag: 'Documentation',
  summary: 'A file of the documentation pages',
  description: 'A script, style sheet or picture.',
  access: 'public',
  parameters: [fileInPath],
  responses: {
    200: {
      description: 'The file.',
      body: { contentTypes: ['text/css', 'text/javascript', 'image/png'], schema: 'bytes' },
      headers: ['Cache-Control'],
    },
  },
  problems: ['path_not_found'],
  handle: readDocsFile,
};

/** Only names that are listed reach the disk. */
async function readDocsFile({ gateway, path }: RouteCall): Promise<Reply> {
  const name = path['file']!;
  if (Object.hasOwn(ownAssets, name)) return fileReply(ownAssets[name]!.contentType, ownAssets[name]!.text);
  const file = Object.hasOwn(packagedAssets, name) ? await gateway.parts.docsFile(name) : undefined;
  if (file === undefined) throw new GodwitError('path_not_found', 'The documentation has no such file.');
  return fileReply(file.contentType, file.bytes);
}

function fileReply(contentType: string, body: Uint8Array | string): Reply {
  return { status: 200, headers: ['content-type', contentType, 'cache-control', 'public, max-age=3600'], body };
}
