import type { Reply } from '../../http/exchange.ts';

/**
 * What a page may do: load scripts, styles and pictures of its own server and talk to it; nothing inline,
 * nothing from elsewhere, in nobody's frame. Swagger UI's style sheet holds its icons as `data:` pictures.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers that a page has, for its route's declaration. */
export const pageHeaders: readonly string[] = ['Cache-Control', 'Content-Security-Policy'];

export function pageReply(html: string): Reply {
  return {
    status: 200,
    headers: [
      ...['content-type', 'text/html; charset=utf-8', 'cache-control', 'no-cache'],
      ...['content-security-policy', pagePolicy],
    ],
    body: html,
    compressible: true,
  };
}

/** A page; `title` and `style` are plain text, `head` and `body` are HTML. */
export function page(title: string, style: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/${escapeHtml(style)}">
${head}</head>
<body>
${body}</body>
</html>
`;
}

/** Text with its `code` parts marked up, as HTML. */
export function proseHtml(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
