import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { octetStream } from '../../../shared/operation.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { RequestBodyShape } from '../route.ts';
import type { Item } from './item.ts';

export const valueBody: RequestBodyShape = {
  contentTypes: ['*/*'],
  schema: 'bytes',
  required: false,
  limitBytes: limits.itemSizeBytesMax,
  description: 'The value, any bytes; none is an empty value. Its `Content-Type` is stored and answered by GET.',
};

/** What a body brought: the value, and before it the value to compare with when the request says so. */
export interface ValueBody {
  readonly value: Uint8Array;
  readonly compare: Uint8Array | undefined;
  readonly contentType: string;
  /** All of the body. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the value of a write. Raises `item_too_large` with the limit as soon as there are more bytes than the
 * item, or a value of this cache, may have; nothing is stored then.
 */
export async function readValue(exchange: Exchange, item: Item, compareLength: number | undefined): Promise<ValueBody> {
  if (exchange.header('content-encoding') !== undefined)
    throw new GodwitError('unsupported_media_type', 'A value is stored as it is sent; Content-Encoding is not read.');
  const contentType = exchange.header('content-type') ?? octetStream;
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(contentType) || contentType.length > limits.contentTypeBytesMax)
    throw invalidArgument('The Content-Type is empty, too long or not printable ASCII.', {
      limit: limits.contentTypeBytesMax,
      actual: contentType.length,
    });
  const valueMax = Math.min(item.cache.settings.value_size_bytes_max, limits.itemSizeBytesMax - item.key.length);
  const bytes = await exchange.body.read(valueMax + (compareLength ?? 0), () => tooLarge(item, valueMax, exchange));
  if (compareLength === undefined) return { value: bytes, compare: undefined, contentType, bytes };
  if (compareLength > bytes.length)
    throw invalidArgument('The body is shorter than Godwit-Compare-Length says.', {
      limit: bytes.length,
      actual: compareLength,
    });
  return { value: bytes.subarray(compareLength), compare: bytes.subarray(0, compareLength), contentType, bytes };
}

function tooLarge(item: Item, valueMax: number, exchange: Exchange): GodwitError {
  const ofCache = valueMax === item.cache.settings.value_size_bytes_max;
  // A length that is declared may be a lie, but it is the best that is known of a body that was not read.
  const declared = Number(exchange.header('content-length')) + (ofCache ? 0 : item.key.length);
  return new GodwitError(
    'item_too_large',
    ofCache ? 'The value is larger than this cache takes.' : 'Key and value together are too large.',
    {
      extra: {
        limit: ofCache ? valueMax : limits.itemSizeBytesMax,
        actual: Number.isNaN(declared) ? 'more' : declared,
      },
    },
  );
}
