/** What docs/operations.md names is there: options, variables, metrics, log lines, and the numbers of the control plane. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { commandNames } from '../src/cli/commands.ts';
import { cliLimits } from '../src/cli/limits.ts';
import { parseDuration } from '../src/cli/option-values.ts';
import { environmentName, flagName, optionNames, optionSpec } from '../src/cli/options.ts';
import { parseCommand } from '../src/cli/parse-options.ts';
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
  const commands = text.replaceAll('\\\n', ' ').matchAll(/godwit\.js ((?:(?:fleet|token) )?\w+)([^\n>|;]*)/g);
  const found = [...commands].map(([, command, rest]) => ({
    command: command!,
    flags: [...rest!.matchAll(/--([a-z-]+)/g)].map((flag) => flag[1]!),
  }));
  expect(new Set(found.map(({ command }) => command))).toEqual(
    new Set(['control', 'storage', 'gateway', 'fleet status', 'fleet upgrade', 'fleet wait', 'token issue']),
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

describe('systemd', () => {
  const folder = join(root, 'examples', 'systemd');
  const environmentText = readFileSync(join(folder, 'environment'), 'utf8');
  const unitOf = (role: string) => readFileSync(join(folder, `godwit-${role}.service`), 'utf8');
  const roles = ['storage', 'gateway', 'control'] as const;

  it('operations: the unit and the environment are those of the examples', () => {
    expect(blocks('ini')).toEqual([unitOf('storage')]);
    expect(text).toContain(environmentText.slice(environmentText.indexOf('\n')));
  });

  it.each(roles)('operations: the unit of a %s process gives it options that it takes, and time to drain', (role) => {
    const line = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unitOf(role))![1]!;
    const [node, entry, command, ...flags] = line('ExecStart').split(' ');
    expect([node, entry, command]).toEqual(['/opt/godwit/node_modules/.bin/node', 'bin/godwit.js', role]);
    const variables = [...environmentText.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]);
    expect(optionNames.map(environmentName)).toEqual(expect.arrayContaining(variables.map(([name]) => name)));
    const { options } = parseCommand(role, flags, Object.fromEntries(variables));
    expect(options).toMatchObject({ internalHost: '10.0.0.1', fleetSecretFile: '/etc/godwit/fleet.secret' });
    expect(parseDuration(line('TimeoutStopSec').replace('min', 'm'))).toBeGreaterThan(options.drainTimeout);
  });

  it.skipIf(!hasSystemd())('operations: systemd-analyze finds nothing wrong in the units', () => {
    const copies = mkdtempSync(join(tmpdir(), 'godwit-units-'));
    for (const role of roles) {
      const copy = join(copies, `godwit-${role}.service`);
      // it looks whether the command is there
      writeFileSync(copy, unitOf(role).replaceAll('/opt/godwit', root));
      const { stderr, status } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
      expect({ stderr, status }, role).toEqual({ stderr: '', status: 0 });
    }
    rmSync(copies, { recursive: true, force: true });
  });
});

describe('kubernetes', () => {
  const folder = join(root, 'examples', 'kubernetes');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const objects = files.flatMap((name) => manifestsOf(readFileSync(join(folder, name), 'utf8')));
  const pods = objects.flatMap(({ spec }) => (spec.template ? [spec.template.spec] : []));

  it('operations: what is shown of the manifests is in them', () => {
    const shown = blocks('yaml').flatMap(manifestsOf);
    expect(shown).toHaveLength(2);
    for (const { spec } of shown) {
      const { name } = spec.template!.spec.containers[0]!;
      const pod = pods.find(({ containers }) => containers[0]!.name === name);
      expect(pod).toMatchObject(spec.template!.spec);
    }
    for (const name of [...files, 'Dockerfile']) expect(text).toContain(`(../examples/kubernetes/${name})`);
  });

  it.each(pods.map((pod) => [pod.containers[0]!.name, pod] as const))(
    'operations: a %s pod gives its process options that it takes, its ports, and time to drain',
    (role, { containers, terminationGracePeriodSeconds: graceSeconds = 30 }) => {
      expect(containers).toHaveLength(1);
      const { args, env, ports, readinessProbe, lifecycle } = containers[0]!;
      expect(args[0]).toBe(role);
      const given = Object.fromEntries(env.map(({ name, value }) => [name, value ?? placeholders[name]!]));
      const flags = args.slice(1).map((word) => word.replaceAll(/\$\((\w+)\)/g, (_, name: string) => given[name]!));
      const { options } = parseCommand(role as 'storage', flags, given);
      expect(options).toMatchObject({
        internalHost: '10.1.2.3',
        nodeId: 'pod-0',
        fleetSecret: placeholders.GODWIT_FLEET_SECRET,
      });
      const { internalPort, port = internalPort, drainTimeout } = options as typeof options & { port?: number };
      expect(new Set(ports.map(({ containerPort }) => containerPort))).toEqual(new Set([internalPort, port]));
      const hookSeconds = Number(lifecycle?.preStop.exec.command[1] ?? 0);
      expect(graceSeconds).toBeGreaterThan(hookSeconds + drainTimeout / 1_000);
      const [node, entry, command, subcommand, ...rest] = readinessProbe.exec?.command ?? [];
      if (node === undefined) return;
      const { options: probe } = parseCommand(`${command} ${subcommand}` as 'fleet wait', rest, {});
      expect(readinessProbe.timeoutSeconds * 1_000).toBeGreaterThan(probe.timeout);
      const image = readFileSync(join(folder, 'Dockerfile'), 'utf8');
      expect(image).toContain(`ENTRYPOINT ${JSON.stringify([node, entry]).replace(',', ', ')}`);
    },
  );

  it('operations: services and budgets select pods that there are', () => {
    const labels = objects.flatMap(({ spec }) => (spec.template ? [spec.template.metadata.labels] : []));
    const selectors = objects.flatMap(({ spec: { selector } }) => selector.matchLabels ?? selector) as object[];
    expect(selectors).toHaveLength(8);
    for (const selector of selectors) expect(labels).toContainEqual(expect.objectContaining(selector));
  });
});

/** What Kubernetes puts in where a manifest names a source. */
const placeholders: Readonly<Record<string, string>> = {
  POD_NAME: 'pod-0',
  POD_IP: '10.1.2.3',
  GODWIT_FLEET_SECRET: 'x'.repeat(32),
};

interface Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels?: object };
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly ports: readonly { readonly containerPort: number }[];
    readonly readinessProbe: {
      readonly exec?: { readonly command: readonly string[] };
      readonly timeoutSeconds: number;
    };
    readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  }[];
}

function manifestsOf(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

/** The code blocks of a language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((found) => found[1]!);
}

function hasSystemd(): boolean {
  return spawnSync('systemd-analyze', ['--version']).status === 0;
}
