/**
 * The one table of options. The parser, `--help` and `docs/configuration.md` read it; tests hold the three
 * together. An option is given as a flag, else as an environment variable, else it has its default.
 */

import { clientOptions } from './client-options.ts';
import type { CommandName } from './commands.ts';
import type { OptionSpec, OptionType } from './option-spec.ts';
import {
  parseBaseUrl,
  parseBytes,
  parseDuration,
  parseInteger,
  parseList,
  parseNumber,
  parseSwitch,
} from './option-values.ts';
import { serverOptions } from './server-options.ts';

export const options = { ...serverOptions, ...clientOptions } as const;

export type OptionName = keyof typeof options;
type Table = typeof options;

type ValueOf<S> = S extends { type: 'integer' | 'number' | 'bytes' | 'duration' }
  ? number
  : S extends { type: 'switch' }
    ? boolean
    : S extends { type: 'list' | 'urls' }
      ? readonly string[]
      : S extends { type: 'choice'; choices: readonly (infer C)[] }
        ? C
        : string;
type IsGiven<S, C> = S extends { default: string }
  ? true
  : S extends { defaultFor: infer D }
    ? C extends keyof D
      ? true
      : IsRequired<S, C>
    : IsRequired<S, C>;
type IsRequired<S, C> = S extends { requiredFor: readonly (infer R)[] } ? (C extends R ? true : false) : false;

/** The options of one command as read: those without a default, and not required, may be undefined. */
export type OptionsOf<C extends CommandName> = {
  readonly [K in OptionName as C extends Table[K]['commands'][number] ? K : never]: IsGiven<Table[K], C> extends true
    ? ValueOf<Table[K]>
    : ValueOf<Table[K]> | undefined;
};

export type OptionValue = string | number | boolean | readonly string[];

export const optionNames = Object.keys(options) as readonly OptionName[];

/** An option seen without its literal types. */
export function optionSpec(name: OptionName): OptionSpec {
  return options[name];
}

/** `dataDir` → `data-dir`. */
export function flagName(name: OptionName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `dataDir` → `GODWIT_DATA_DIR`. */
export function environmentName(name: OptionName): string {
  return `GODWIT_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/** Whether the option's environment variable counts for a command. */
export function readsVariable(name: OptionName, command: CommandName): boolean {
  return !optionSpec(name).flagOnlyFor?.includes(command);
}

export function optionsOfCommand(command: CommandName): OptionName[] {
  return optionNames.filter((name) => optionSpec(name).commands.includes(command));
}

export function defaultText(name: OptionName, command: CommandName): string | undefined {
  const spec = optionSpec(name);
  return spec.defaultFor?.[command] ?? spec.default;
}

/** Reads one text as the option's value. Throws a plain `Error` that says what was expected. */
export function readOption(name: OptionName, text: string): OptionValue {
  const spec = optionSpec(name);
  if (text === '') throw new Error('must not be empty');
  switch (spec.type) {
    case 'integer':
      return inRange(spec, parseInteger(text), text);
    case 'number':
      return inRange(spec, parseNumber(text), text);
    case 'bytes':
      return inRange(spec, parseBytes(text), text);
    case 'duration':
      return inRange(spec, parseDuration(text), text);
    case 'switch':
      return parseSwitch(text);
    case 'choice':
      if (!spec.choices!.includes(text)) throw new Error(`expected one of ${spec.choices!.join(', ')}`);
      return text;
    case 'url':
      return parseBaseUrl(text);
    case 'urls':
      return bounded(spec, parseList(text)).map((part) => matching(spec, parseBaseUrl(part)));
    case 'list':
      return bounded(spec, parseList(text)).map((part) => matching(spec, part));
    case 'text':
      return matching(spec, text);
  }
}

/** The range of a number in the unit that people use, such as `1s to 10m`; undefined when it has none. */
export function rangeText(spec: OptionSpec): string | undefined {
  if (spec.choices) return spec.choices.join(' | ');
  if (spec.min === undefined || spec.max === undefined) return spec.patternDoc;
  return `${amountText(spec.type, spec.min)} to ${amountText(spec.type, spec.max)}`;
}

function amountText(type: OptionType, value: number): string {
  const units: readonly (readonly [string, number])[] =
    type === 'bytes'
      ? [
          ['TiB', 2 ** 40],
          ['GiB', 2 ** 30],
          ['MiB', 2 ** 20],
          ['KiB', 2 ** 10],
        ]
      : type === 'duration'
        ? [
            ['d', 86_400_000],
            ['h', 3_600_000],
            ['m', 60_000],
            ['s', 1_000],
            ['ms', 1],
          ]
        : [];
  const unit = units.find(([, size]) => value >= size && value % size === 0);
  if (unit) return `${value / unit[1]}${unit[0]}`;
  return type === 'bytes' ? `${value}B` : `${value}`;
}

function inRange(spec: OptionSpec, value: number, text: string): number {
  if ((spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max)) {
    throw new Error(`${text} is out of range, expected ${rangeText(spec)}`);
  }
  return value;
}

function bounded(spec: OptionSpec, parts: string[]): string[] {
  if (spec.partsMax !== undefined && parts.length > spec.partsMax) throw new Error(`at most ${spec.partsMax} parts`);
  return parts;
}

function matching(spec: OptionSpec, text: string): string {
  if (spec.pattern && !spec.pattern.test(text)) throw new Error(`expected ${spec.patternDoc}`);
  return text;
}
