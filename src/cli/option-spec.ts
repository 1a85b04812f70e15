import type { CommandName } from './commands.ts';

export type OptionType =
  | 'text'
  | 'integer'
  | 'number'
  | 'switch'
  | 'bytes'
  | 'duration'
  | 'list'
  | 'choice'
  | 'url'
  | 'urls';

/** One row of the table of options. */
export interface OptionSpec {
  readonly type: OptionType;
  /** Commands that take it. */
  readonly commands: readonly CommandName[];
  /** What it is: a phrase without a full stop. */
  readonly description: string;
  /** Why the default and the range are what they are. */
  readonly reason: string;
  /** Default, as a person would give it. */
  readonly default?: string;
  /** Defaults that differ for a command. */
  readonly defaultFor?: Partial<Readonly<Record<CommandName, string>>>;
  /** In words, a default that is found out at the start, or what leaving the option out means. */
  readonly defaultDoc?: string;
  /** Commands that cannot begin without it. */
  readonly requiredFor?: readonly CommandName[];
  readonly choices?: readonly string[];
  /** Bounds of a number, in its own unit: bytes, milliseconds, or a count. Inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** Most parts of a list. */
  readonly partsMax?: number;
  /** What a text, or each part of a list, must look like, and how to say so. */
  readonly pattern?: RegExp;
  readonly patternDoc?: string;
  /** Commands for which its variable does not count, since it is set for something else where they are run. */
  readonly flagOnlyFor?: readonly CommandName[];
  /** A secret: an environment variable only, since other users of a machine can read the flags of a process. */
  readonly environmentOnly?: true;
}
