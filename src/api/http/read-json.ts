import { GodwitError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { type Exchange, emptyBody } from './exchange.ts';
import { decodeJson } from './json-body.ts';

export const jsonContentType = 'application/json';

export interface JsonBody {
  /** Undefined when there was no body. */
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

/**
 * The JSON body of an administrative call, at most `limits.jsonBodyBytesMax` bytes, counted as they come. A body
 * without a `Content-Type` counts as JSON.
 *
 * Raises `body_too_large`, `unsupported_media_type` for another content type or any content coding, and
 * `malformed_body`.
 */
export async function readJson(
  exchange: Exchange,
  contentTypes: readonly string[] = [jsonContentType],
): Promise<JsonBody> {
  const { jsonBodyBytesMax: limit } = limits;
  const bytes = await exchange.body.read(limit, () => {
    return new GodwitError('body_too_large', 'The body is larger than this operation reads.', { extra: { limit } });
  });
  if (bytes.length === 0) return { value: undefined, bytes: emptyBody };
  if (exchange.header('content-encoding') !== undefined)
    throw new GodwitError('unsupported_media_type', 'A JSON body is read as it is sent; Content-Encoding is not read.');
  const contentType = exchange.header('content-type');
  if (contentType !== undefined && !contentTypes.includes(essenceOf(contentType)))
    throw new GodwitError('unsupported_media_type', `The body’s Content-Type is not ${contentTypes.join(' or ')}.`);
  return { value: decodeJson(bytes), bytes };
}

/** Type and subtype without parameters: RFC 8259 §11 gives JSON none. */
function essenceOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}
