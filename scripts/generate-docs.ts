/**
 * Writes the generated parts of the docs from the tables in the code: `node scripts/generate-docs.ts`. A part
 * stands between `<!-- generated: NAME -->` and `<!-- /generated -->`; a test fails when one is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type CommandName, commandNames } from '../src/cli/commands.ts';
import { cliLimits } from '../src/cli/limits.ts';
import { formatBytes } from '../src/cli/option-values.ts';
import {
  defaultText,
  environmentName,
  flagName,
  type OptionName,
  optionNames,
  optionSpec,
  rangeText,
} from '../src/cli/options.ts';
import { errorKinds } from '../src/shared/errors.ts';
import { hopLimits, limits } from '../src/shared/limits.ts';
import { topicLimits } from '../src/shared/topics/limits.ts';
import { replicationTimes } from '../src/storage-node/replication/times.ts';
import { streamLimits } from '../src/topics-sse/limits.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Each document with its generated parts. */
export const documents: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'docs/configuration.md': {
    options: optionsTable,
    limits: () => limitsTable('src/shared/limits.ts', 'limits', limits),
    'hop-limits': () => limitsTable('src/shared/limits.ts', 'hopLimits', hopLimits),
    'topic-limits': () => limitsTable('src/shared/topics/limits.ts', 'topicLimits', topicLimits),
    'stream-limits': () => limitsTable('src/topics-sse/limits.ts', 'streamLimits', streamLimits),
    'cli-limits': () => limitsTable('src/cli/limits.ts', 'cliLimits', cliLimits),
  },
  'docs/errors.md': { errors: errorsTable },
  'docs/replication.md': {
    'replication-times': () =>
      limitsTable('src/storage-node/replication/times.ts', 'replicationTimes', replicationTimes),
  },
};

/** The document with its generated parts made anew. Throws when a marker is missing. */
export function regenerated(path: string, text: string): string {
  let result = text;
  for (const [name, render] of Object.entries(documents[path] ?? {})) {
    const pattern = new RegExp(`(<!-- generated: ${name} -->\\n)[\\s\\S]*?(<!-- /generated -->)`);
    if (!pattern.test(result)) throw new Error(`${path} has no place for the generated part ${name}`);
    result = result.replace(pattern, (_, open: string, close: string) => `${open}${render()}${close}`);
  }
  return result;
}

export function readDocument(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

function optionsTable(): string {
  return tableOf(
    ['Option', 'Variable', 'Commands', 'Default', 'Range', 'What it is, and why'],
    optionNames.map((name) => {
      const spec = optionSpec(name);
      return [
        spec.environmentOnly ? '' : `\`--${flagName(name)}\``,
        `\`${environmentName(name)}\``,
        commandsText(spec.commands),
        defaultColumn(name),
        rangeText(spec) ?? '',
        `${capitalized(spec.description)}. ${spec.reason}`,
      ];
    }),
  );
}

function defaultColumn(name: OptionName): string {
  const spec = optionSpec(name);
  const special = Object.entries(spec.defaultFor ?? {}).map(([command, text]) => `\`${text}\` for ${command}`);
  const text = spec.commands.map((command) => defaultText(name, command)).find((found) => found === spec.default);
  const general = text === undefined ? (spec.requiredFor ? 'required' : (spec.defaultDoc ?? '')) : `\`${text}\``;
  return [general, ...special].filter((part) => part !== '').join('; ');
}

/** `token …` stands for all of a group's commands. */
function commandsText(names: readonly CommandName[]): string {
  const ofGroup = (group: string) => (name: string) => name.startsWith(`${group} `);
  const shown = names.map((name) => {
    const group = name.split(' ')[0]!;
    const isWhole = names.filter(ofGroup(group)).length === commandNames.filter(ofGroup(group)).length;
    return name.includes(' ') && isWhole ? `${group} …` : name;
  });
  return [...new Set(shown)].join(', ');
}

function limitsTable(path: string, exportName: string, values: Readonly<Record<string, unknown>>): string {
  const reasons = commentsOf(path, exportName);
  return tableOf(
    ['Limit', 'Value', 'Why'],
    Object.entries(values).map(([name, value]) => [`\`${name}\``, amount(name, value), reasons.get(name) ?? '']),
  );
}

/** A number with its unit where the name tells it. */
function amount(name: string, value: unknown): string {
  if (typeof value !== 'number') return `\`${JSON.stringify(value)}\``;
  const plain = value.toLocaleString('en-US');
  if (/Bytes/.test(name) && value >= 1024) return `${plain} (${formatBytes(value)})`;
  if (/Ms(?=[A-Z]|$)/.test(name) && value >= 1_000) return `${plain} (${duration(value)})`;
  return plain;
}

function duration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  const [size, unit] = units.find(([length]) => ms % length === 0) ?? [1_000, 's'];
  return `${ms / size} ${unit}`;
}

/** The comment above each property of an exported object literal, on one line. */
function commentsOf(path: string, exportName: string): Map<string, string> {
  const text = readDocument(path);
  const comments = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== exportName) {
      ts.forEachChild(node, visit);
      return;
    }
    let literal = node.initializer;
    while (literal && (ts.isAsExpression(literal) || ts.isSatisfiesExpression(literal))) literal = literal.expression;
    if (!literal || !ts.isObjectLiteralExpression(literal)) return;
    for (const property of literal.properties) {
      const range = ts.getLeadingCommentRanges(text, property.pos)?.at(-1);
      const name = property.name?.getText();
      if (range && name) comments.set(name, commentText(text.slice(range.pos, range.end)));
    }
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return comments;
}

function commentText(comment: string): string {
  return comment
    .replace(/^\/\*+|\*+\/$/g, '')
    .replaceAll(/\n\s*\*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function errorsTable(): string {
  return tableOf(
    ['Code', 'Status', 'Title', 'Retryable', 'Meaning'],
    Object.entries(errorKinds).map(([code, { status, title, retryable, doc }]) => [
      `\`${code}\``,
      String(status),
      title,
      retryable ? 'yes' : 'no',
      doc,
    ]),
  );
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}

function capitalized(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

if (import.meta.main) {
  for (const path of Object.keys(documents)) {
    const text = readDocument(path);
    const next = regenerated(path, text);
    if (next !== text) writeFileSync(`${root}${path}`, next);
  }
}
