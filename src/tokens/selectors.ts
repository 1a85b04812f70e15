/**
 * What one entry of `authorization_details` selects among names or keys: all of them, one, or those that start
 * with a prefix.
 *
 * `text` is a name as it is, or a key as a *binary string*: one character per byte, U+0000 … U+00FF. So a key
 * is compared byte for byte, and neither form is ever Unicode-normalised.
 */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string };

export const selectAll: Selector = { kind: 'all' };

/** The bytes as a binary string. */
export function toBinaryString(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Whether a selector of names selects this name. */
export function selectsName(selector: Selector, name: string): boolean {
  switch (selector.kind) {
    case 'all':
      return true;
    case 'exact':
      return selector.text === name;
    case 'prefix':
      return name.startsWith(selector.text);
  }
}

/** Whether a selector of keys selects this key, by its bytes. */
export function selectsKey(selector: Selector, key: Uint8Array): boolean {
  if (selector.kind === 'all') return true;
  const { text } = selector;
  const { length } = text;
  if (selector.kind === 'exact' ? key.length !== length : key.length < length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== key[i]) return false;
  }
  return true;
}

/** Whether everything that `inner` selects is selected by `outer` too; both of the same kind of text. */
export function covers(outer: Selector, inner: Selector): boolean {
  switch (outer.kind) {
    case 'all':
      return true;
    case 'exact':
      return inner.kind === 'exact' && inner.text === outer.text;
    case 'prefix':
      return inner.kind !== 'all' && inner.text.startsWith(outer.text);
  }
}

/** A text that is equal for equal selectors only. */
export function selectorId(selector: Selector): string {
  return selector.kind === 'all' ? 'all' : `${selector.kind} ${selector.text}`;
}
