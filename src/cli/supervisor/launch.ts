import { fork } from 'node:child_process';
import type { Environment } from '../parse-options.ts';
import { type ChildMessage, supervisedVariable } from './messages.ts';
import type { ChildPlan, ChildProcessHandle } from './supervised-child.ts';

/**
 * The environment of a child: that of the parent without its `GODWIT_*` options, which reach the child as
 * flags, and with the fleet's secret, which must not be a flag.
 */
export function childEnvironment(parent: Environment, fleetSecret: string): Record<string, string> {
  const own = Object.entries(parent).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('GODWIT_'),
  );
  return { ...Object.fromEntries(own), GODWIT_FLEET_SECRET: fleetSecret, [supervisedVariable]: '1' };
}

/** Starts children as processes of the same Node.js and the same entry file. */
export function processLauncher(
  mainFile: string,
  environment: Record<string, string>,
): (plan: ChildPlan) => ChildProcessHandle {
  return (plan) => {
    const child = fork(mainFile, [plan.role, ...plan.flags], {
      execPath: process.execPath,
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return {
      // a child that is just dying cannot be told anything; its exit says the rest
      send: (message) => void (child.connected && child.send(message, () => {})),
      kill: () => void child.kill('SIGKILL'),
      onMessage: (listener) => void child.on('message', (message) => listener(message as ChildMessage)),
      onExit: (listener) => {
        let told = false;
        const tell = (code: number | null, signal: string | null) => {
          if (!told) listener(code, signal);
          told = true;
        };
        child.on('exit', tell);
        // a process that could not be made has no exit
        child.on('error', () => child.pid === undefined && tell(null, null));
      },
    };
  };
}
