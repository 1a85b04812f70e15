/**
 * The fleet's state as JSON. A section never changes once it is published, and its text is made once: a view of 4,096
 * slots takes 1 ms, and each of some hundred processes polls it.
 */
import type { StateAnswer } from '../shared/control-link/protocol.ts';

/** JSON that is written already. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const texts = new WeakMap<object, string>();

/** The JSON of something that is never changed. */
export function sectionText(section: object): string {
  let text = texts.get(section);
  if (text === undefined) {
    text = JSON.stringify(section);
    texts.set(section, text);
  }
  return text;
}

export function stateAnswerText({ revision, view_source, ...sections }: StateAnswer): JsonText {
  const members = Object.entries(sections).flatMap(([name, section]) =>
    section === undefined ? [] : [`,${JSON.stringify(name)}:${sectionText(section)}`],
  );
  if (view_source !== undefined) members.push(`,"view_source":${JSON.stringify(view_source)}`);
  return new JsonText(`{"revision":${revision}${members.join('')}}`);
}
