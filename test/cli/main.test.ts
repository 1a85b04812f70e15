import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endRunningProcesses, RunningProcess } from './running-process.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const launcher = new URL('../../bin/godwit.js', import.meta.url).pathname;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-main-'));
  writeFileSync(join(directory, 'a-file'), '');
  writeFileSync(join(directory, 'short.secret'), 'short\n');
});
afterEach(endRunningProcesses);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(args: string[], env: Record<string, string> = {}) {
  const process = new RunningProcess([main, ...args], { cwd: directory, env });
  const { code } = await process.exited;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

describe('a command that cannot begin', () => {
  test.each([
    [
      'unknown option',
      ['start', '--prot', '1'],
      'godwit: unknown option --prot of godwit start; see godwit start --help\n',
    ],
    ['bad number', ['start', '--port', 'eighty'], 'godwit: bad --port: expected a whole number\n'],
    ['out of range', ['start', '--gateways=0'], 'godwit: bad --gateways: 0 is out of range, expected 1 to 64\n'],
    ['bad memory', ['start', '--memory', '1G'], 'godwit: bad --memory: expected a size such as 512MiB or 1GB\n'],
    ['missing option', ['gateway'], 'godwit: gateway needs --control-urls (or GODWIT_CONTROL_URLS)\n'],
    [
      'missing secret',
      ['storage', '--control-urls=http://127.0.0.1:1'],
      "godwit: storage needs the fleet's secret: --fleet-secret-file (or GODWIT_FLEET_SECRET)\n",
    ],
    [
      'short secret',
      ['storage', '--control-urls=http://127.0.0.1:1', '--fleet-secret-file=short.secret'],
      'godwit: the fleet secret in short.secret must be at least 32 printable characters without spaces\n',
    ],
    [
      'a file in place of the data directory',
      ['start', '--data-dir=a-file'],
      'godwit: cannot use data directory a-file: it is not a directory\n',
    ],
    [
      'a data directory below a file',
      ['control', '--data-dir=a-file/below'],
      'godwit: cannot use data directory a-file/below: it is not a directory\n',
    ],
    [
      'no token file',
      ['cache', 'list', '--token-file=nowhere'],
      'godwit: cannot read the token file nowhere: no such file or directory\n',
    ],
  ])('%s: one line on stderr and exit code 2', async (_, args, line) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr: line });
  });

  test('unknown command: one line that names the commands', async () => {
    const { code, stderr } = await run(['stop']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^godwit: unknown command 'stop'; commands are start, [^\n]+\n$/);
  });

  test.each(['control', 'gateway'])('%s, a port in use: one line that names it', async (role) => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const flag = role === 'control' ? '--internal-port' : '--port';
    const more = role === 'control' ? ['--data-dir=unmade'] : ['--control-urls=http://127.0.0.1:1'];
    const env = { GODWIT_FLEET_SECRET: 'x'.repeat(32) };
    expect(await run([role, `${flag}=${port}`, ...more], env)).toEqual({
      code: 2,
      stdout: '',
      stderr: `godwit: port ${port} on 127.0.0.1 is in use; choose another with ${flag}\n`,
    });
    expect(existsSync(join(directory, 'unmade'))).toBe(false);
    other.close();
  });

  test('bad variable: named in the line', async () => {
    const { code, stderr } = await run(['start'], { GODWIT_LOG_LEVEL: 'loud' });
    expect(code).toBe(2);
    expect(stderr).toBe('godwit: bad GODWIT_LOG_LEVEL: expected one of debug, info, warn, error, silent\n');
  });
});

describe('a client command', () => {
  test('nobody listens: one line and exit code 1', async () => {
    writeFileSync(join(directory, 'token'), 'x');
    expect(await run(['cache', 'list', '--url=http://127.0.0.1:1', '--token-file=token'])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^godwit: cannot reach http:\/\/127\.0\.0\.1:1: [^\n]+\n$/),
    });
  });
});

describe('help and version', () => {
  test('go to stdout with exit code 0', async () => {
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: godwit <command>'),
    });
    expect(await run(['start', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--data-dir') });
  });
});

describe('launcher', () => {
  test('runs the command with its arguments and exit code', async () => {
    const version = new RunningProcess([launcher, '--version'], { cwd: directory });
    expect(await version.exited).toMatchObject({ code: 0 });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const refused = new RunningProcess([launcher, 'start', '--prot'], { cwd: directory });
    expect(await refused.exited).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/^godwit: unknown option --prot [^\n]+\n$/);
  });
});
