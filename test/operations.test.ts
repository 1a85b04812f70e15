/** What docs/operations.md names is there: options, variables, metrics, log lines, and the numbers of the control plane. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandNames } from '../src/cli/commands.ts';
import { cliLimits } from '../src/cli/limits.ts';
import { environmentName, flagName, optionNames, optionSpec } from '../src/cli/options.ts';
import { fleetEventKinds } from '../src/control-plane/fleet-answers.ts';
import { controlPlaneLimits } from '../src/control-plane/limits.ts';
import { prometheusText } from '../src/control-plane/metrics.ts';
import { controlLinkLimits } from '../src/shared/control-link/limits.ts';
import { controlPaths } from '../src/shared/control-link/protocol.ts';
import { nodeStates } from '../src/shared/fleet-state.ts';
import { openControl } from './control-plane/fixtures.ts';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
const all = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((found) => found[1]!))];

it('operations: every command takes the options that it is given', () => {
  const commands = text.replaceAll('\\\n', ' ').matchAll(/godwit\.js ((?:fleet )?\w+)([^\n>|;]*)/g);
  const found = [...commands].map(([, command, rest]) => ({
    command: command!,
    flags: [...rest!.matchAll(/--([a-z-]+)/g)].map((flag) => flag[1]!),
  }));
  expect(new Set(found.map(({ command }) => command))).toEqual(
    new Set(['control', 'storage', 'gateway', 'fleet status', 'fleet upgrade', 'fleet wait']),
  );
  for (const { command, flags } of found) {
    const taken = optionNames.filter((name) => optionSpec(name).commands.includes(command as 'control'));
    expect(taken.map(flagName)).toEqual(expect.arrayContaining(flags));
  }
});

it('operations: variables, and options of etcd and spares, are in the table of options', () => {
  const variables = all(/\b(GODWIT_[A-Z_]+)\b/g);
  expect(variables.length).toBeGreaterThan(3);
  expect(optionNames.map(environmentName)).toEqual(expect.arrayContaining(variables));
  expect(optionNames.map(flagName)).toEqual(expect.arrayContaining(all(/`--((?:etcd|spare)-[a-z-]+)/g)));
});

it('operations: the table has every fleet command, its words and its options, and no other', () => {
  const table = text.slice(text.indexOf('| command |'), text.indexOf('**States of a node**'));
  const rows = [...table.matchAll(/^\| `godwit (fleet \w+)([^`]*)` \|/gm)];
  const known = commandNames.filter((name) => name.startsWith('fleet '));
  expect([...new Set(rows.map((row) => row[1]!))].sort()).toEqual([...known].sort());
  for (const [, command, rest] of rows) {
    const taken = optionNames.filter((name) => optionSpec(name).commands.includes(command as 'fleet add'));
    expect(taken.map(flagName)).toEqual(
      expect.arrayContaining([...rest!.matchAll(/--([a-z-]+)/g)].map((flag) => flag[1]!)),
    );
  }
});

it('operations: events and states of nodes are all there', () => {
  const table = text.slice(text.indexOf('| event |'), text.indexOf("Lines of the control processes' logs"));
  const events = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap((row) => [...row[1]!.matchAll(/`(\w+)`/g)]);
  expect(events.map((event) => event[1]!).sort()).toEqual([...fleetEventKinds].sort());
  const states = text.slice(text.indexOf('**States of a node**'), text.indexOf('### Upgrade'));
  for (const state of nodeStates) expect(states).toContain(`\`${state}\``);
});

it('operations: metrics are those of a control process', async () => {
  const { control } = await openControl();
  const exposed = prometheusText({ leading: true, tenures: 1, control: control.statistics() });
  await control.close();
  const named = all(/\b(godwit_control_\w+)/g);
  expect(named.length).toBeGreaterThan(4);
  for (const name of named) expect(exposed).toContain(`\n${name} `);
  expect(text).toContain(controlPaths.metrics);
});

it('operations: log lines are written as they stand', () => {
  const folder = join(root, 'src', 'control-plane');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const code = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const table = text.slice(text.indexOf('| line |'), text.indexOf('## Users and TLS'));
  const lines = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map((found) => found[1]!);
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) expect(code).toContain(`'${line}'`);
});

it('operations: times are those of the limits', () => {
  const { leaderLeaseMs, compactPauseMs, silentMs, spareAfterMs, flapPauseMsMin, flapPauseMsMax, deadKeptMs } =
    controlPlaneLimits;
  expect(text).toContain(`it is \`silent\` after ${silentMs / 1_000} s unless two other nodes still hear it`);
  expect(controlPlaneLimits.peersNeeded).toBe(2);
  expect(text).toContain(`After ${spareAfterMs / 1_000} s a spare`);
  expect(text).toContain(`has been gone for ${spareAfterMs / 1_000} s`);
  expect(text).toContain(`above that for ${spareAfterMs / 1_000} s together`);
  expect(text).toContain(`left out for ${flapPauseMsMin / 1_000} s, doubling to ${flapPauseMsMax / 60_000} min`);
  expect(controlPlaneLimits.flapsMax).toBe(3);
  expect(text).toContain(`for the third time in ${controlPlaneLimits.flapWindowMs / 60_000} minutes`);
  expect(deadKeptMs).toBe(60_000);
  expect(text).toContain('leaves the list after a minute');
  expect(cliLimits.catchUpMs).toBe(30 * 60_000);
  expect(text).toContain('within half an hour');
  expect(text).toContain(`its lease ends after ${leaderLeaseMs / 1_000} s`);
  expect(text).toContain(`every ${compactPauseMs / 60_000} minutes the leader gives up`);
  expect(text).toContain(`wait inside their deadline of ${controlLinkLimits.callDeadlineMs / 1_000} s`);
  // What 10 minutes of history are said to weigh is two pauses.
  expect(text).toContain(`${(2 * compactPauseMs) / 60_000} minutes of history`);
});
