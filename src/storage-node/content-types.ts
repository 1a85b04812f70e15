import { octetStream } from '../shared/operation.ts';
import { nodeLimits } from './limits.ts';

/** Reference of octet-stream, the content type of a value that was put without one. */
export const octetStreamRef = 0;
/** Reference that says: the content type stands before the value, one length byte and the text. */
export const inlineRef = 0xffff;

/**
 * Content types of one process by small number, so that an item pays two bytes for its type. The table only
 * grows and is bounded; when it is full, a new type is stored inline with each value.
 */
export class ContentTypes {
  readonly #texts: string[] = [octetStream];
  readonly #refs = new Map<string, number>([[octetStream, octetStreamRef]]);

  /** The reference of the type that lies in `bytes`; `inlineRef` when the table is full. Zero length is octet-stream. */
  refOf(bytes: Uint8Array, start: number, length: number): number {
    return length === 0 ? octetStreamRef : this.refOfText(latin1(bytes, start, length));
  }

  /** The same for a type as text, '' for octet-stream. */
  refOfText(text: string): number {
    if (text === '') return octetStreamRef;
    const known = this.#refs.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length > nodeLimits.contentTypesMax) return inlineRef;
    this.#refs.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** The type's text; '' for octet-stream, which travels as no text at all. */
  textOf(ref: number): string {
    return ref === octetStreamRef ? '' : this.#texts[ref]!;
  }
}

const latin1Slice = Buffer.prototype.latin1Slice;

/** A flat string of the bytes: joined letter by letter it would be a tree of strings, several times as large. */
export function latin1(bytes: Uint8Array, start: number, length: number): string {
  return latin1Slice.call(bytes, start, start + length);
}
