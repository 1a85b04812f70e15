/** What is stored: text that says of itself which cache, key and version it belongs to, in every part of it. */

/** Sizes of values in bytes, by version: frames of many operations, frames of their own, and bodies of many pieces. */
const sizes = [0, 0, 0, 20, 100, 100, 700, 3_000, 3_000, 20_000, 20_000, 90_000];

export function contentOf(cache: string, key: string, version: number): string {
  const head = `${cache}/${key}#${version};`;
  const size = sizes[version % sizes.length]!;
  return head.repeat(1 + Math.ceil(size / head.length));
}

/** Whether a value is one that was stored under the key, whole. */
export function isContentOf(cache: string, key: string, text: string): boolean {
  const found = /^([^/]*)\/([^#]*)#(\d+);/.exec(text);
  return found !== null && found[1] === cache && found[2] === key && text === contentOf(cache, key, Number(found[3]));
}
