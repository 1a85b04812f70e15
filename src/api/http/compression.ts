import type { Reply } from './exchange.ts';

/** Below this many characters, compressing costs more than it saves. */
const compressFromLength = 2_048;

/** Compresses a reply's body with gzip when the client takes it. Only for replies that say they may be. */
export async function compressReply(reply: Reply, acceptEncoding: string | undefined): Promise<Reply> {
  const { body } = reply;
  if (body === null || body.length < compressFromLength) return reply;
  const headers = [...reply.headers, 'vary', 'accept-encoding'];
  if (acceptEncoding === undefined || !acceptsGzip(acceptEncoding)) return { ...reply, headers };
  const stream = new Blob([body as Uint8Array<ArrayBuffer> | string])
    .stream()
    .pipeThrough(new CompressionStream('gzip'));
  const compressed = new Uint8Array(await new Response(stream).arrayBuffer());
  return { ...reply, headers: [...headers, 'content-encoding', 'gzip'], body: compressed };
}

/** RFC 9110 §12.5.3: listed with a weight above zero, by name or by `*`. */
function acceptsGzip(header: string): boolean {
  let any = false;
  for (const item of header.toLowerCase().split(',')) {
    const [coding, ...parameters] = item.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const accepted = weight === undefined || Number(weight.slice(2)) > 0;
    if (coding === 'gzip') return accepted;
    if (coding === '*') any = accepted;
  }
  return any;
}
