import { join } from 'node:path';
import { exitCodes } from './cli-error.ts';
import { configuredFleetSecret } from './credentials.ts';
import { fleetSecretOf, isOwnersAlone, openDataDir } from './data-dir.ts';
import { addedNodesOf, planFleet, replicationFactorOf } from './fleet-plan.ts';
import { cliLimits } from './limits.ts';
import { gatewayCount, nodeMemoryBytes, thisMachine } from './machine.ts';
import type { OptionsOf } from './options.ts';
import { chooseControlPort, probePort } from './ports.ts';
import { commandOf, readyText } from './ready-text.ts';
import { type CommandContext, roleLog } from './roles/context.ts';
import { onStopSignals } from './signals.ts';
import { openAddedNodes } from './supervisor/added-nodes.ts';
import { controlCalls } from './supervisor/control-calls.ts';
import { type ChannelParts, openControlChannel } from './supervisor/control-channel.ts';
import { childEnvironment, processLauncher } from './supervisor/launch.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { systemTimers } from './timers.ts';

/** Folder of compiled code in the data directory; it may be deleted at any time. */
const compileCacheName = 'compile-cache';

export interface StartContext extends CommandContext {
  /** The entry file, which children run with a role's command. */
  readonly mainFile: string;
  readonly version: string;
}

/**
 * `godwit start`: a fleet on this machine. Resolves when it is ready; the process then lives until a signal.
 * @throws CliError (exit code 2) when it cannot start as configured
 */
export async function runStart(options: OptionsOf<'start'>, context: StartContext): Promise<void> {
  const { clock } = context;
  const startedAtMs = clock.monotonicMs();
  const log = roleLog(options, 'supervisor', 'supervisor', clock);
  const machine = thisMachine();
  const gateways = gatewayCount(options.gateways, machine);
  const copies = replicationFactorOf(options.replicationFactor, options.zones);
  const nodes = options.zones.length * (options.nodesPerZone + options.sparesPerZone);
  const memoryBytes = nodeMemoryBytes(options.memory, nodes, machine);
  const dataDir = openDataDir(options.dataDir);
  const fleetSecret =
    configuredFleetSecret(options) ?? fleetSecretOf(dataDir, (size) => crypto.getRandomValues(new Uint8Array(size)));
  const publicPort = await probePort(options.host, options.port);
  const controlPort = await chooseControlPort(options.internalHost, Math.random);
  const { sharesPorts } = machine;
  const remembered = openAddedNodes(dataDir);
  const addedNodes = addedNodesOf(options, remembered.all);
  const away = remembered.all.filter(({ zone }) => !options.zones.includes(zone)).map(({ id }) => id);
  if (away.length > 0)
    log.warn({ nodes: away }, 'added nodes are not started, since --zones does not name their zones');
  const facts = { dataDir, publicPort, controlPort, gateways, nodeMemoryBytes: memoryBytes, sharesPorts, addedNodes };
  const plan = planFleet(options, facts);
  const compileCache = isOwnersAlone(dataDir) ? join(dataDir, compileCacheName) : undefined;
  const surroundings = { parent: context.environment, fleetSecret, compileCache };
  const supervisor = new Supervisor(plan, {
    launch: processLauncher(context.mainFile, childEnvironment(surroundings)),
    clock,
    timers: systemTimers,
    random: Math.random,
    log,
    sharesPorts,
    addedNodes: remembered,
    control: (url) => controlCalls(url, fleetSecret, fetch),
  });

  const door = new Door({ supervisor, dataDir, fleetSecret, log });
  stopWhenTold(supervisor, door, options.drainTimeout, context);
  if ((await supervisor.start()) === 'stopped') return;
  await door.open();
  process.stdout.write(
    readyText({
      version: context.version,
      startedInMs: clock.monotonicMs() - startedAtMs,
      host: options.host,
      port: publicPort,
      dataDir,
      workingDir: process.cwd(),
      gateways,
      zones: options.zones,
      nodesPerZone: options.nodesPerZone,
      sparesPerZone: options.sparesPerZone,
      addedNodes: addedNodes.map(({ id }) => id),
      copies,
      nodeMemoryBytes: memoryBytes,
      command: commandOf(context.environment),
    }),
  );
}

/** The supervisor's channel, which the fleet serves without when it cannot be had. */
class Door {
  readonly #parts: ChannelParts;
  #close = () => {};

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    try {
      this.#close = await openControlChannel(this.#parts);
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'no channel for godwit fleet add and upgrade');
    }
  }

  close(): void {
    this.#close();
  }
}

function stopWhenTold(supervisor: Supervisor, door: Door, drainTimeoutMs: number, context: StartContext): void {
  const stop = async () => {
    door.close();
    await supervisor.stop(drainTimeoutMs);
    process.exit(exitCodes.ok);
  };
  onStopSignals(process, context.clock, {
    drain: () => void stop(),
    exitNow: (code) => {
      door.close();
      supervisor.kill();
      process.exit(code);
    },
  });
  onOrphaned(context, () => void stop());
}

/**
 * Under npm the signal that ends npm does not come through the shell between: the fleet would live on without
 * anybody who knows of it. So it stops when its parent is gone.
 */
function onOrphaned({ environment }: StartContext, stop: () => void): void {
  if (environment['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, cliLimits.parentCheckMs);
  timer.unref();
}
