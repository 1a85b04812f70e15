import type { CommandName } from './commands.ts';
import { parseCommand } from './parse-options.ts';
import type { StartContext } from './start.ts';
import { systemTimers } from './timers.ts';

/**
 * Runs one command. Modules of a command are loaded only for it, so that `--help` and the client commands
 * start at once.
 * @throws CliError
 */
export async function runCommand(command: CommandName, rest: readonly string[], context: StartContext): Promise<void> {
  const { environment } = context;
  switch (command) {
    case 'start': {
      const { options } = parseCommand(command, rest, environment);
      return (await import('./start.ts')).runStart(options, context);
    }
    case 'gateway': {
      const { options } = parseCommand(command, rest, environment);
      return (await import('./roles/gateway.ts')).runGateway(options, context);
    }
    case 'storage': {
      const { options } = parseCommand(command, rest, environment);
      return (await import('./roles/storage.ts')).runStorage(options, context);
    }
    case 'control': {
      const { options } = parseCommand(command, rest, environment);
      return (await import('./roles/control.ts')).runControl(options, context);
    }
    case 'replay': {
      const { options, words } = parseCommand(command, rest, environment);
      return (await import('./replay/command.ts')).run({ ...options, trace: words[0]! });
    }
    default:
      return runClientCommand(command, rest, context);
  }
}

type ClientCommand = Exclude<CommandName, 'start' | 'gateway' | 'storage' | 'control' | 'replay'>;

async function runClientCommand(command: ClientCommand, rest: readonly string[], context: StartContext): Promise<void> {
  const { processOutput: output } = await import('./client/print.ts');
  const token = await import('./client/token.ts');
  const cache = await import('./client/cache.ts');
  const parsed = <C extends ClientCommand>(name: C) => parseCommand(name, rest, context.environment);
  switch (command) {
    case 'token issue':
      return token.issueToken(parsed(command).options, output);
    case 'token list':
      return token.listTokens(parsed(command).options, output);
    case 'token revoke': {
      const { options, words } = parsed(command);
      return token.revokeToken(options, words, output);
    }
    case 'token refresh':
      return token.refreshToken(parsed(command).options, output);
    case 'token rotate-keys':
      return token.rotateKeys(parsed(command).options, output);
    case 'cache list':
      return cache.listCaches(parsed(command).options, output);
    case 'cache create': {
      const { options, words } = parsed(command);
      return cache.createCache(options, words, output);
    }
    case 'cache update': {
      const { options, words } = parsed(command);
      return cache.updateCache(options, words, output);
    }
    case 'cache flush': {
      const { options, words } = parsed(command);
      return cache.flushCache(options, words, output);
    }
    case 'cache delete': {
      const { options, words } = parsed(command);
      return cache.deleteCache(options, words, output);
    }
    case 'cache get': {
      const { options, words } = parsed(command);
      return cache.getItem(options, words, output);
    }
    case 'cache set': {
      const { options, words } = parsed(command);
      return cache.setItem(options, words, output, process.stdin);
    }
    case 'cache remove': {
      const { options, words } = parsed(command);
      return cache.removeItem(options, words, output);
    }
    default:
      return runFleetCommand(command, rest, context);
  }
}

type FleetCommand = Extract<CommandName, `fleet ${string}`>;

async function runFleetCommand(command: FleetCommand, rest: readonly string[], context: StartContext): Promise<void> {
  const { processOutput: output } = await import('./client/print.ts');
  const show = await import('./client/fleet-show.ts');
  const change = await import('./client/fleet-change.ts');
  const wait = await import('./client/fleet-wait.ts');
  const parsed = <C extends FleetCommand>(name: C) => parseCommand(name, rest, context.environment);
  switch (command) {
    case 'fleet status':
      return show.fleetStatus(parsed(command).options, output);
    case 'fleet plan':
      return show.fleetPlan(parsed(command).options, output);
    case 'fleet events':
      return show.fleetEvents(parsed(command).options, output);
    case 'fleet add': {
      const { options, words } = parsed(command);
      return change.addNode(options, words, output);
    }
    case 'fleet drain': {
      const { options, words } = parsed(command);
      return change.drainNode(options, words, output, systemTimers);
    }
    case 'fleet remove': {
      const { options, words } = parsed(command);
      return change.removeNode(options, words, output, systemTimers);
    }
    case 'fleet wait':
      return wait.fleetWait(parsed(command).options, output, context.clock, systemTimers);
    case 'fleet rebalance':
      return change.rebalance(parsed(command).options, output);
    case 'fleet upgrade':
      return change.upgrade(parsed(command).options, output);
  }
}
