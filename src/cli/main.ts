import './keep-ticks-fast.ts';
import { readFileSync } from 'node:fs';
import { systemClock } from '../shared/clock.ts';
import { CliError, exitCodes } from './cli-error.ts';
import { helpText } from './help.ts';
import { readInvocation } from './parse-options.ts';
import { runCommand } from './run-command.ts';
import { type ChildMessage, supervisedVariable } from './supervisor/messages.ts';

/** The entry of the `godwit` command: its arguments in, its exit code out. */
async function main(argv: readonly string[]): Promise<void> {
  const invocation = readInvocation(argv);
  switch (invocation.kind) {
    case 'help':
      process.stdout.write(helpText(invocation.topic));
      return;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return;
    case 'run':
      await runCommand(invocation.command, invocation.rest, {
        environment: process.env,
        clock: systemClock,
        mainFile: import.meta.filename,
        version: version(),
      });
  }
}

/** The package's version; the file lies two folders up, from `src/cli` and from `dist/cli` alike. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** A reader that has enough (`godwit --help | head`) is no error. */
process.stdout.on('error', (error) => {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
});

/** One line for what a person can put right; a defect shows where it is. A supervisor says its child's line itself. */
function tellAndExit(error: unknown): void {
  if (!(error instanceof CliError)) {
    process.stderr.write(`godwit: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(exitCodes.failure);
  }
  const exit = () => process.exit(error.exitCode);
  if (process.env[supervisedVariable] === '1' && process.send) {
    process.send({ type: 'failed', message: error.message } satisfies ChildMessage, exit);
    return;
  }
  process.stderr.write(`godwit: ${error.message}\n`);
  exit();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  tellAndExit(error);
}
