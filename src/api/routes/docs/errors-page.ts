import { type ErrorCode, type ErrorKind, errorKinds } from '../../../shared/errors.ts';
import type { Route } from '../route.ts';
import { escapeHtml, page, pageHeaders, pageReply, proseHtml } from './html.ts';

const rows = (Object.entries(errorKinds) as [ErrorCode, ErrorKind][])
  .map(
    ([code, { status, title, retryable, doc }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td><td>${retryable ? 'yes' : 'no'}</td><td>${proseHtml(doc)}</td></tr>\n`,
  )
  .join('');

const html = page(
  'Godwit: errors',
  'page.css',
  '',
  `<h1>Errors</h1>
<p>A refusal is a problem document (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>); its <code>code</code> is one of these and does not change. The rest of the API is <a href="/docs">here</a>.</p>
<table>
<thead><tr><th>Code</th><th>Status</th><th>Title</th><th>Retryable</th><th>Meaning</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
`,
);

export const getErrorsPage: Route = {
  method: 'GET',
  path: '/docs/errors',
  operationId: 'getErrorsPage',
  tag: 'Documentation',
  summary: 'The codes of problem documents',
  description: 'A page with every code, its status and its meaning. The `type` of a problem document points into it.',
  access: 'public',
  parameters: [],
  responses: {
    200: { description: 'The page.', body: { contentTypes: ['text/html'], schema: 'text' }, headers: pageHeaders },
  },
  problems: [],
  handle: () => pageReply(html),
};
