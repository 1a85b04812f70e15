import { parseArgs } from 'node:util';
import { configurationError } from './cli-error.ts';
import {
  type CommandName,
  type CommandSpec,
  commandGroups,
  commandNames,
  commands,
  isCommandName,
} from './commands.ts';
import {
  defaultText,
  environmentName,
  flagName,
  type OptionName,
  type OptionsOf,
  type OptionValue,
  optionSpec,
  optionsOfCommand,
  readOption,
  readsVariable,
} from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly topic: string | undefined }
  | { readonly kind: 'run'; readonly command: CommandName; readonly rest: readonly string[] };

/**
 * Splits a command line into the command and the rest.
 * @throws CliError (exit code 2) when there is no such command
 */
export function readInvocation(argv: readonly string[]): Invocation {
  const [first, second] = argv;
  if (first === undefined || first === '--help' || first === '-h') return { kind: 'help', topic: undefined };
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === 'help') return { kind: 'help', topic: knownTopic(argv.slice(1).join(' ')) };
  if (commandGroups.includes(first)) {
    if (second === undefined || second === '--help' || second === '-h') return { kind: 'help', topic: first };
    const command = `${first} ${second}`;
    if (!isCommandName(command)) throw unknownCommand(command, first);
    return readCommand(command, argv.slice(2));
  }
  if (!isCommandName(first)) throw unknownCommand(first, undefined);
  return readCommand(first, argv.slice(1));
}

function readCommand(command: CommandName, rest: readonly string[]): Invocation {
  const end = rest.indexOf('--');
  const flags = end < 0 ? rest : rest.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) return { kind: 'help', topic: command };
  return { kind: 'run', command, rest };
}

function knownTopic(text: string): string | undefined {
  if (text === '') return undefined;
  if (isCommandName(text) || commandGroups.includes(text)) return text;
  throw unknownCommand(text, undefined);
}

function unknownCommand(text: string, group: string | undefined): Error {
  const known = group
    ? commandNames.filter((name) => name.startsWith(`${group} `)).map((name) => name.slice(group.length + 1))
    : [...new Set(commandNames.map((name) => name.split(' ')[0]!))];
  const shown = text.startsWith('-')
    ? `expected a command before ${printable(text)}`
    : `unknown command '${printable(text)}'`;
  return configurationError(`${shown}; commands are ${known.join(', ')}; see godwit --help`);
}

/** The options and words of one command, read and checked. */
export interface ParsedCommand<C extends CommandName> {
  readonly options: OptionsOf<C>;
  readonly words: readonly string[];
}

/**
 * Reads the options of a command: flag, else environment, else default.
 * @throws CliError (exit code 2) naming the first option or word that is wrong
 */
export function parseCommand<C extends CommandName>(
  command: C,
  argv: readonly string[],
  environment: Environment,
): ParsedCommand<C> {
  const { flags, words } = readFlags(command, argv);
  const values: Partial<Record<OptionName, OptionValue>> = {};
  for (const name of optionsOfCommand(command)) {
    const source = flags.get(name) ?? (readsVariable(name, command) ? fromEnvironment(name, environment) : undefined);
    const text = source?.text ?? defaultText(name, command);
    if (text === undefined) {
      if (optionSpec(name).requiredFor?.includes(command)) {
        throw configurationError(`${command} needs --${flagName(name)} (or ${environmentName(name)})`);
      }
      continue;
    }
    try {
      values[name] = readOption(name, text);
    } catch (error) {
      throw configurationError(`bad ${source?.where ?? `--${flagName(name)}`}: ${(error as Error).message}`, error);
    }
  }
  checkWords(command, words);
  return { options: values as OptionsOf<C>, words };
}

interface Source {
  readonly text: string;
  /** `--port` or `GODWIT_PORT`. */
  readonly where: string;
}

/** An empty variable counts as none, as in shells and container files. */
function fromEnvironment(name: OptionName, environment: Environment): Source | undefined {
  const where = environmentName(name);
  const text = environment[where];
  return text === undefined || text === '' ? undefined : { text, where };
}

function readFlags(command: CommandName, argv: readonly string[]): { flags: Map<OptionName, Source>; words: string[] } {
  const known = new Map(
    optionsOfCommand(command)
      .filter((name) => !optionSpec(name).environmentOnly)
      .map((name) => [flagName(name), name] as const),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...known].map(
        ([flag, name]) => [flag, { type: optionSpec(name).type === 'switch' ? 'boolean' : 'string' }] as const,
      ),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<OptionName, Source>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const negated = token.name.startsWith('no-') && !known.has(token.name);
    const name = known.get(negated ? token.name.slice(3) : token.name);
    const type = name && optionSpec(name).type;
    if (!name || (negated && type !== 'switch')) {
      throw configurationError(
        `unknown option ${printable(token.rawName)} of godwit ${command}; see godwit ${command} --help`,
      );
    }
    const where = `--${flagName(name)}`;
    const earlier = flags.get(name);
    const isList = type === 'list' || type === 'urls';
    if (earlier && !isList) throw configurationError(`${where} is given twice`);
    const text = type === 'switch' ? switchText(token.value, negated, where) : token.value;
    if (text === undefined) throw configurationError(`${where} needs a value`);
    flags.set(name, { text: earlier ? `${earlier.text},${text}` : text, where });
  }
  return { flags, words };
}

function switchText(value: string | undefined, negated: boolean, where: string): string {
  if (negated && value !== undefined) throw configurationError(`--no-${where.slice(2)} takes no value`);
  return negated ? 'false' : (value ?? 'true');
}

function checkWords(command: CommandName, words: readonly string[]): void {
  const expected = (commands[command] as CommandSpec).arguments ?? [];
  const missing = expected.slice(words.length).find((word) => !word.startsWith('['));
  if (missing) throw configurationError(`${command} needs <${missing}>; see godwit ${command} --help`);
  if (words.length > expected.length) {
    throw configurationError(`unexpected word ${words.length} of godwit ${command}; see godwit ${command} --help`);
  }
}

/** What a person typed, short and without control characters, so that a message stays one line. */
function printable(text: string): string {
  const clean = text.replaceAll(/\p{C}/gu, '?');
  return clean.length > 40 ? `${clean.slice(0, 40)}…` : clean;
}

/**
 * The flags that give a process these values again: what a parent passes on to a child. Switches that are
 * off and options that the command does not take are left out.
 */
export function toFlags<C extends CommandName>(command: C, values: Partial<OptionsOf<C>>): string[] {
  const flags: string[] = [];
  for (const name of optionsOfCommand(command)) {
    const value = (values as Partial<Record<OptionName, OptionValue>>)[name];
    const spec = optionSpec(name);
    if (value === undefined || value === false || spec.environmentOnly) continue;
    if (value === true) flags.push(`--${flagName(name)}`);
    else flags.push(`--${flagName(name)}=${spec.type === 'duration' ? `${value}ms` : value}`);
  }
  return flags;
}
