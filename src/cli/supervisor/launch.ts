import { fork, type SendHandle } from 'node:child_process';
import type { Environment } from '../parse-options.ts';
import { type ChildMessage, successorVariable, supervisedVariable } from './messages.ts';
import type { ChildPlan, ChildProcessHandle } from './supervised-child.ts';

/** What children get beside their flags. */
export interface ChildSurroundings {
  readonly parent: Environment;
  /** It must not be a flag. */
  readonly fleetSecret: string;
  /** Folder of compiled code, which only the owner of the processes may write; undefined where there is none such. */
  readonly compileCache: string | undefined;
}

/**
 * The environment of a child: that of the parent without its `GODWIT_*` options, which reach the child as flags, with
 * the fleet's secret, and with a folder in which Node.js keeps the code as it compiled it. A process that finds its
 * code there starts with a third of the work, on processors that serve clients meanwhile.
 */
export function childEnvironment({ parent, fleetSecret, compileCache }: ChildSurroundings): Record<string, string> {
  const own = Object.entries(parent).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('GODWIT_'),
  );
  return {
    ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
    ...Object.fromEntries(own),
    GODWIT_FLEET_SECRET: fleetSecret,
    [supervisedVariable]: '1',
  };
}

interface Closable {
  close(): void;
}

/** Starts children as processes of the same Node.js and the same entry file. */
export function processLauncher(
  mainFile: string,
  environment: Record<string, string>,
): (plan: ChildPlan) => ChildProcessHandle {
  return (plan) => {
    const child = fork(mainFile, [plan.role, ...plan.flags], {
      execPath: process.execPath,
      env: plan.isSuccessor ? { ...environment, [successorVariable]: '1' } : environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return {
      // a child that is just dying cannot be told anything; its exit says the rest
      send: (message, handle) => {
        // the copy of the socket here is not needed once it is on its way
        const sent = () => (handle as Partial<Closable> | undefined)?.close?.();
        if (!child.connected) return sent();
        child.send(message, handle as SendHandle | undefined, sent);
      },
      kill: () => void child.kill('SIGKILL'),
      onMessage: (listener) => void child.on('message', (message, handle) => listener(message as ChildMessage, handle)),
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
