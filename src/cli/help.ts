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
  optionSpec,
  optionsOfCommand,
  rangeText,
  readsVariable,
} from './options.ts';

const lineWidth = 96;

/** The text of `--help`: of all commands, of a group (`token`), or of one command. */
export function helpText(topic: string | undefined): string {
  if (topic !== undefined && isCommandName(topic)) return commandHelp(topic);
  return topic !== undefined && commandGroups.includes(topic) ? groupHelp(topic) : overview();
}

function overview(): string {
  const rows = [
    ...commandNames.filter((name) => !name.includes(' ')).map((name) => [name, commands[name].summary] as const),
    ...commandGroups.map(
      (group) =>
        [
          `${group} …`,
          subcommands(group)
            .map((name) => name.slice(group.length + 1))
            .join(', '),
        ] as const,
    ),
  ];
  return lines(
    'godwit: a self-hosted serverless cache',
    '',
    'Usage: godwit <command> [options]',
    '',
    ...table(rows),
    '',
    'godwit <command> --help lists the options of a command. Every option is also an environment',
    'variable: --data-dir is GODWIT_DATA_DIR. A flag goes before the variable, that before the default.',
    'godwit --version prints the version.',
  );
}

function groupHelp(group: string): string {
  return lines(
    `Usage: godwit ${group} <command> [options]`,
    '',
    ...table(subcommands(group).map((name) => [usage(name).slice(group.length + 1), commands[name].summary] as const)),
    '',
    `godwit ${group} <command> --help lists the options of a command.`,
  );
}

function commandHelp(command: CommandName): string {
  const spec: CommandSpec = commands[command];
  return lines(
    `Usage: godwit ${usage(command)} [options]`,
    '',
    ...wrap(`${spec.summary[0]!.toUpperCase()}${spec.summary.slice(1)}.`, lineWidth),
    ...(spec.detail ? ['', ...wrap(spec.detail, lineWidth)] : []),
    '',
    'Options:',
    ...optionsOfCommand(command).flatMap((name) => optionHelp(name, command)),
  );
}

function optionHelp(name: OptionName, command: CommandName): string[] {
  const spec = optionSpec(name);
  const placeholder = { switch: '', choice: ` <${spec.choices?.join('|')}>` }[spec.type as string] ?? ` <${spec.type}>`;
  const head = spec.environmentOnly ? environmentName(name) : `--${flagName(name)}${placeholder}`;
  const range = spec.choices ? undefined : rangeText(spec);
  const notes = [
    defaultNote(name, command),
    range && `range: ${range}`,
    !spec.environmentOnly && readsVariable(name, command) && environmentName(name),
  ].filter(Boolean);
  return [
    `  ${head}`,
    ...wrap(`${spec.description} (${notes.join('; ')})`, lineWidth - 6).map((line) => `      ${line}`),
  ];
}

function defaultNote(name: OptionName, command: CommandName): string {
  const spec = optionSpec(name);
  if (spec.requiredFor?.includes(command)) return 'required';
  if (spec.type === 'switch') return `default: ${defaultText(name, command) === 'true' ? 'on' : 'off'}`;
  return `default: ${defaultText(name, command) ?? spec.defaultDoc}`;
}

function usage(command: CommandName): string {
  const words = (commands[command] as CommandSpec).arguments ?? [];
  return [command, ...words.map((word) => (word.startsWith('[') ? word : `<${word}>`))].join(' ');
}

function subcommands(group: string): CommandName[] {
  return commandNames.filter((name) => name.startsWith(`${group} `));
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.flatMap(([name, text]) =>
    wrap(text, lineWidth - width - 2).map((line, index) => `  ${(index === 0 ? name : '').padEnd(width)}${line}`),
  );
}

function wrap(text: string, width: number): string[] {
  const result: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      result.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  result.push(line);
  return result;
}

function lines(...parts: string[]): string {
  return `${parts.join('\n')}\n`;
}
