import { decode } from 'cborg';

interface AnsweredItem {
  readonly outcome?: unknown;
  readonly value?: Uint8Array | { readonly text?: string; readonly base64?: string };
}

/** Whether the answer to a multi-get holds exactly these values, in their order. */
export function holdsItems(form: 'json' | 'cbor', body: Buffer, values: readonly Buffer[]): boolean {
  const answer = (form === 'json' ? JSON.parse(body.toString()) : decode(body)) as { items?: readonly AnsweredItem[] };
  const { items } = answer;
  return Array.isArray(items) && items.length === values.length && values.every((value, i) => isValue(items[i], value));
}

function isValue(item: AnsweredItem | undefined, value: Buffer): boolean {
  const answered = item?.value;
  if (item?.outcome !== 'hit' || answered === undefined) return false;
  if (answered instanceof Uint8Array) return value.equals(answered);
  return value.equals(
    Buffer.from(answered.text ?? answered.base64 ?? '', answered.text === undefined ? 'base64' : 'utf8'),
  );
}
