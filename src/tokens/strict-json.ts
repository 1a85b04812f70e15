/** Why `parseStrictJson` refuses a text. Carries nothing of it. */
export class StrictJsonError extends Error {
  constructor(reason: 'syntax' | 'depth' | 'duplicate member' | 'forbidden member') {
    super(reason);
    this.name = 'StrictJsonError';
  }
}

/**
 * The value of a JSON text that means the same to every parser: RFC 8259 syntax, no member name twice in one
 * object (RFC 7515 §4 and RFC 7519 §4 let a parser pick the last one, and parsers differ), no `__proto__`,
 * and no nesting beyond `depthMax`.
 *
 * Names with escapes are refused: no JWT needs one, `"\u0061lg"` is `alg` to some, and V8 up to 14.6 reads such
 * names as other ones once a text with a name that ends in a backslash was parsed (nodejs/node#63785).
 *
 * @throws StrictJsonError for anything else, never RangeError
 */
export function parseStrictJson(text: string, depthMax: number): unknown {
  checkDepth(text, depthMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StrictJsonError('syntax');
  }
  checkMembers(text);
  return value;
}

/** Bounds the nesting before the parser sees the text; strings are skipped, everything else is left to the parser. */
function checkDepth(text: string, depthMax: number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = endOfString(text, i);
    else if (character === '{' || character === '[') {
      depth++;
      if (depth > depthMax) throw new StrictJsonError('depth');
    } else if (character === '}' || character === ']') depth--;
  }
}

/** Walks a text that is known to be JSON: a string directly after `{`, or after `,` inside an object, is a name. */
function checkMembers(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let nameExpected = false;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
        open.push(new Set());
        nameExpected = true;
        break;
      case '[':
        open.push(undefined);
        nameExpected = false;
        break;
      case '}':
      case ']':
        open.pop();
        nameExpected = false;
        break;
      case ',':
        nameExpected = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, i);
        const names = open.at(-1);
        if (nameExpected && names !== undefined) {
          addName(names, text.slice(i + 1, end));
          nameExpected = false;
        }
        i = end;
        break;
      }
    }
  }
}

/** `name` as it is written, between its quotes. */
function addName(names: Set<string>, name: string): void {
  if (name === '__proto__' || name.includes('\\')) throw new StrictJsonError('forbidden member');
  if (names.has(name)) throw new StrictJsonError('duplicate member');
  names.add(name);
}

/** Index of the quote that closes the string opened at `start`; the last index when none does. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return Math.min(i, text.length - 1);
}
