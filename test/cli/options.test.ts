import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { documents, readDocument, regenerated } from '../../scripts/generate-docs.ts';
import { type CommandName, commandGroups, commandNames, commands } from '../../src/cli/commands.ts';
import { helpText } from '../../src/cli/help.ts';
import {
  defaultText,
  environmentName,
  flagName,
  optionNames,
  optionSpec,
  optionsOfCommand,
  readOption,
  readsVariable,
} from '../../src/cli/options.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { nodeLimits } from '../../src/storage-node/limits.ts';

describe('table of options', () => {
  test('every default is a value that the option takes', () => {
    for (const name of optionNames) {
      for (const command of optionSpec(name).commands) {
        const text = defaultText(name, command);
        if (text !== undefined) expect(() => readOption(name, text), `${name} of ${command}`).not.toThrow();
      }
    }
  });

  test('every option has a default, says what leaving it out means, or is required', () => {
    for (const name of optionNames) {
      const spec = optionSpec(name);
      for (const command of spec.commands) {
        const told = defaultText(name, command) ?? spec.defaultDoc ?? spec.requiredFor?.includes(command);
        expect(told, `${name} of ${command}`).toBeTruthy();
      }
    }
  });

  test('times of the control plane that a description tells are those of its limits', () => {
    const after = `for ${controlPlaneLimits.spareAfterMs / 1_000} s, a spare is taken into use`;
    for (const name of ['spareMemoryTarget', 'spareLoadTarget'] as const) {
      expect(optionSpec(name).description).toContain(after);
    }
  });

  test('the pace of a drain is that of the storage nodes’ limit, wherever it is told', () => {
    const pace = `${nodeLimits.copyBytesPerSecond / 2 ** 20} MiB/s`;
    expect(optionSpec('drainTimeout').reason).toContain(pace);
    for (const path of ['docs/operations.md', 'docs/configuration.md']) {
      const told = [...readDocument(path).matchAll(/\d+ Mi?B\/s/g)].map(String);
      expect([path, ...new Set(told)]).toEqual([path, pace]);
    }
  });

  test('flags and variables follow from the name', () => {
    expect(flagName('dataDir')).toBe('data-dir');
    expect(environmentName('dataDir')).toBe('GODWIT_DATA_DIR');
    expect(environmentName('port')).toBe('GODWIT_PORT');
  });

  test('no flag could be mistaken for the opposite of another', () => {
    const flags = new Set(optionNames.map(flagName));
    for (const flag of flags) expect(flags.has(`no-${flag}`)).toBe(false);
  });

  test('every choice and number says its range when it is missed', () => {
    for (const name of optionNames) {
      const spec = optionSpec(name);
      if (spec.max !== undefined) expect(() => readOption(name, `${spec.max! + 1}`)).toThrow(/out of range|expected/);
      if (spec.choices) expect(() => readOption(name, 'neither')).toThrow(spec.choices.join(', '));
    }
  });
});

describe('help', () => {
  test.each(commandNames)(
    '%s: shows each of its options with variable and default, and no other',
    (command: CommandName) => {
      const text = helpText(command);
      const own = optionsOfCommand(command);
      const joined = text.replaceAll(/\s+/g, ' ');
      for (const name of own) {
        if (readsVariable(name, command)) expect(joined).toContain(environmentName(name));
        expect(joined).toContain(optionSpec(name).description.replaceAll(/\s+/g, ' '));
        const byDefault = defaultText(name, command);
        if (byDefault !== undefined && optionSpec(name).type !== 'switch')
          expect(joined).toContain(`default: ${byDefault}`);
      }
      const shown = [...text.matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1]);
      expect(shown).toEqual(own.filter((name) => !optionSpec(name).environmentOnly).map(flagName));
    },
  );

  test('overview: names every command and group', () => {
    const text = helpText(undefined);
    for (const name of commandNames) expect(text).toContain(name.split(' ')[0]);
    for (const group of commandGroups) {
      for (const name of commandNames.filter((command) => command.startsWith(`${group} `))) {
        expect(helpText(group)).toContain(commands[name].summary.split(' ').slice(0, 4).join(' '));
      }
    }
  });

  test('no line is wider than a terminal of 100 columns', () => {
    for (const topic of [undefined, ...commandGroups, ...commandNames]) {
      for (const line of helpText(topic).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });
});

describe('generated docs', () => {
  test.each(Object.keys(documents))('%s: generated parts are up to date (node scripts/generate-docs.ts)', (path) => {
    const text = readDocument(path);
    expect(regenerated(path, text)).toBe(text);
  });

  test('docs/configuration.md: has every flag, every variable and every limit', () => {
    const text = readDocument('docs/configuration.md');
    for (const name of optionNames) {
      expect(text).toContain(`\`${environmentName(name)}\``);
      if (!optionSpec(name).environmentOnly) expect(text).toContain(`\`--${flagName(name)}\``);
    }
    const source = readFileSync(new URL('../../src/shared/limits.ts', import.meta.url), 'utf8');
    const limitNames = [...source.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]);
    expect(limitNames.length).toBeGreaterThan(20);
    for (const name of limitNames) expect(text).toContain(`\`${name}\``);
  });
});
