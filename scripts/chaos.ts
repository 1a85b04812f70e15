/**
 * Faults on real processes: a fleet in three zones, clients that write down what they saw, and a nemesis that kills,
 * stops, cuts off and upgrades; then a checker.
 *
 *     node scripts/chaos.ts [--minutes M] [--seed S] [--store embedded|etcd] [--network namespaces|proxy]
 *                           [--faults a,b] [--factor 1|2|3] [--gateways N] [--small-memory] [--hide-losses] [--out FILE] [--logs DIR]
 *
 * The network is made of namespaces where the system lets us (root, or a user's own), else of a fault proxy that the
 * processes connect through; `--network` insists on one. `--small-memory` is a run of its own: items are evicted all the
 * time, which counts as deletes, and only faults without failover are made, since copies evict on their own.
 * `--hide-losses` keeps announced losses from the checks, which must then find them: the test of the tests.
 * `--logs` keeps what each process printed, in a folder that is there.
 * Clocks are not stepped: that needs a clock that others share.
 *
 * Exit code 1 when anything was not as it must be, or when the run proved nothing: too few operations, or a fault that
 * had no effect. The same seed makes the same choices; what processes do in between differs.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chaosLimits } from '../test/chaos/limits.ts';
import { faults } from '../test/chaos/nemesis/faults.ts';
import { insideVariable, NamespaceNetwork, namespaceCommand } from '../test/chaos/network/namespaces.ts';
import { ProxyNetwork } from '../test/chaos/network/proxy.ts';
import { isClean, reportLines } from '../test/chaos/report.ts';
import { ChaosRun } from '../test/chaos/run.ts';
import { hasEtcd } from '../test/support/etcd.ts';
import { flagsOf, refuse } from './flags.ts';

const args = flagsOf({
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string', default: '1' },
  store: { type: 'string', default: 'embedded' },
  network: { type: 'string', default: 'any' },
  faults: { type: 'string', default: '' },
  factor: { type: 'string', default: '2' },
  gateways: { type: 'string', default: '2' },
  'small-memory': { type: 'boolean', default: false },
  'hide-losses': { type: 'boolean', default: false },
  logs: { type: 'string' },
  out: { type: 'string' },
});
/** With a memory that evicts, only what leaves each slot where it is. */
const faultsThatMoveNothing = ['kill-gateway', 'stop-gateway', 'kill-leader', 'control-down', 'cut-gateway'];

const minutes = inRange('minutes', args.minutes, 0.05, chaosLimits.minutesMax);
const seed = inRange('seed', args.seed, 0, 2 ** 31);
const replicationFactor = inRange('factor', args.factor, 1, 3);
const gateways = inRange('gateways', args.gateways, 1, 8);
const store = oneOf('store', args.store, ['embedded', 'etcd'] as const);
const wanted = oneOf('network', args.network, ['any', 'namespaces', 'proxy'] as const);
const kinds = args.faults === '' ? [] : args.faults.split(',');
for (const kind of kinds)
  oneOf(
    'faults',
    kind,
    faults.map((fault) => fault.kind),
  );
if (store === 'etcd' && !hasEtcd) refuse('--store etcd needs `etcd` in PATH (Debian: apt-get install etcd-server)');

const inside = process.env[insideVariable] === '1';
if (!inside && wanted !== 'proxy') {
  const namespaces = namespaceCommand();
  if ('command' in namespaces) process.exit(await again(namespaces.command));
  if (wanted === 'namespaces') refuse(`--network namespaces: ${namespaces.reason}`);
  console.log(`network: a fault proxy (${namespaces.reason})`);
}

const stack = new AsyncDisposableStack();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void stack.disposeAsync().finally(() => process.exit(130));
  });

try {
  const network = inside ? await NamespaceNetwork.create() : await ProxyNetwork.create();
  stack.defer(() => network.close());
  const run = new ChaosRun(
    {
      minutes,
      seed,
      fleet: {
        zones: ['a', 'b', 'c'],
        nodesPerZone: 1,
        gateways,
        store,
        replicationFactor,
        nodeMemoryBytes: args['small-memory'] ? chaosLimits.smallMemoryBytes : chaosLimits.nodeMemoryBytes,
      },
      logDirectory: args.logs,
      kinds: args['small-memory'] && kinds.length === 0 ? faultsThatMoveNothing : kinds,
      evicts: args['small-memory'],
      hideLosses: args['hide-losses'],
    },
    network,
    (line) => console.log(line),
  );
  const report = await run.run(stack);
  for (const line of reportLines(report)) console.log(line);
  if (args.out !== undefined) await writeFile(args.out, `${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = isClean(report) ? 0 : 1;
} catch (error) {
  if (stopping) await new Promise(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  if (!stopping) await stack.disposeAsync();
}
process.exit();

/** Runs this again in a network of its own, and gives its exit code. */
async function again(command: readonly string[]): Promise<number> {
  const [program, ...rest] = command;
  const own = [...rest, process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(program!, own, { stdio: 'inherit', env: { ...process.env, [insideVariable]: '1' } });
  // a terminal's Ctrl-C reaches it by itself; a signal to this process alone ends it with all its processes
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGKILL'));
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

function inRange(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max)) refuse(`--${name} must be from ${min} to ${max}`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, all: readonly T[]): T {
  const found = all.find((one) => one === text);
  return found ?? refuse(`--${name}: there is no ${text}; there are ${all.join(', ')}`);
}
