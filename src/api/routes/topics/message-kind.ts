import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import { isWholeUtf8 } from '../../http/utf8.ts';

/** What a content type says of a message: that it is text or bytes, or nothing, so that its bytes decide. */
export type MessageKind = 'text' | 'binary' | 'either';

/** What a `Content-Type` says of a message. Raises `unsupported_media_type` for text in another charset than UTF-8. */
export function messageKindOf(contentType: string | undefined): MessageKind {
  if (contentType === undefined) return 'either';
  const end = contentType.indexOf(';');
  const type = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  if (type === 'application/octet-stream') return 'binary';
  if (!type.startsWith('text/')) return 'either';
  const charset = end < 0 ? undefined : charsetOf(contentType.slice(end));
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'us-ascii')
    throw new GodwitError('unsupported_media_type', 'A message of text has to be UTF-8.');
  return 'text';
}

/** Whether a message counts as text. Raises `invalid_argument` for bytes that were said to be text and are not. */
export function isTextMessage(kind: MessageKind, value: Uint8Array): boolean {
  if (kind === 'binary') return false;
  const text = isWholeUtf8(value);
  if (!text && kind === 'text') throw invalidArgument('The message is not UTF-8, as its Content-Type says.');
  return text;
}

/** The charset among parameters (RFC 9110 §8.3.2), lower case; undefined when none is given. */
function charsetOf(parameters: string): string | undefined {
  return /;\s*charset="?([^;"\s]*)/i.exec(parameters)?.[1]?.toLowerCase();
}
