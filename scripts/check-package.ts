/**
 * Packs, installs and runs the package as its users get it: `node scripts/check-package.ts`. Needs the package
 * registry for its dependencies; takes about a minute. Works on a copy, so that the checkout keeps no `dist`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Bounds in ms: an installation over a slow line, the start that is promised in 5 s, the drain in 10 s. */
const limits = { commandMs: 300_000, startMs: 30_000, stopMs: 15_000 } as const;

/** What the package must hold, and all that it may hold. */
const needed = ['package.json', 'README.md', 'LICENSE', 'openapi.yaml', 'bin/godwit.js', 'dist/cli/main.js'];
const allowed = /^(package\.json|README\.md|LICENSE|openapi\.yaml|bin\/godwit\.js|dist\/.+\.(js|d\.ts))$/;

/** The running Node.js first, also for what npm starts. */
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
};

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: environment, timeout: limits.commandMs });
  return stdout;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`does not hold: ${what}`);
  console.log(`ok  ${what}`);
}

/** Packs a copy of the tree, which builds it; resolves with the path of the tarball. */
async function pack(folder: string): Promise<string> {
  const copy = join(folder, 'copy');
  const left = new Set(['node_modules', '.git', '.godwit', '.wrangler', 'dist']);
  await cp(root, copy, { recursive: true, filter: (source) => source === root || !left.has(basename(source)) });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  await run('npm', ['run', 'build'], copy);
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], copy);
  const report = Object.values(JSON.parse(packed))[0] as { filename: string; size: number; files: { path: string }[] };
  const paths = report.files.map(({ path }) => path);
  const stray = paths.filter((path) => !allowed.test(path));
  const missing = needed.filter((path) => !paths.includes(path));
  check(missing.length === 0, `the package has all it needs ${missing.join(' ')}`);
  check(stray.length === 0, `the package has nothing else ${stray.join(' ')}`);
  console.log(`    ${paths.length} files, ${Math.ceil(report.size / 1024)} KiB`);
  return join(folder, basename(report.filename));
}

async function install(tarball: string, folder: string): Promise<string> {
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', tarball], project);
  return project;
}

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly errors: Promise<string>;
}

/** `godwit start` on a free port; resolves once it has said its URL. */
async function start(project: string, dataDir: string): Promise<Started> {
  const command = join(project, 'node_modules', '.bin', 'godwit');
  const args = ['start', '--port', '0', '--data-dir', dataDir, '--memory', '96MiB', '--gateways', '1'];
  const child = spawn(command, args, { cwd: project, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const errors = text(child.stderr);
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('godwit start says no URL')), limits.startMs);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /URL\s+(http:\S+)/.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      errors.then((lines) => reject(new Error(`godwit start ended with code ${code}: ${lines}`)), reject);
    });
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { child, url, errors };
}

async function use(url: string, dataDir: string): Promise<void> {
  const token = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${token}` };
  const item = `${url}/cache/default?key=hello&ttl_seconds=60`;
  const put = await fetch(item, { method: 'PUT', headers, body: 'world' });
  check(put.status === 204, 'a value is set');
  const got = await fetch(item, { headers });
  check((await got.text()) === 'world', 'and read back');
  for (const path of ['/docs', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css']) {
    const answer = await fetch(`${url}${path}`);
    check(answer.status === 200 && (await answer.arrayBuffer()).byteLength > 0, `${path} is served`);
  }
  const description = await (await fetch(`${url}/openapi.yaml`)).text();
  check(description === (await readFile(join(root, 'openapi.yaml'), 'utf8')), '/openapi.yaml is served');
}

async function stop({ child, errors }: Started): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), limits.stopMs);
  const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve([child.exitCode]);
  child.kill('SIGTERM');
  const [code] = await ended;
  clearTimeout(timer);
  check(code === 0, `SIGTERM ends it with code 0 ${code === 0 ? '' : await errors}`);
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-package-'));
  try {
    const project = await install(await pack(folder), folder);
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const said = await run('npx', ['--no-install', 'godwit', '--version'], project);
    check(said.trim() === version, `npx godwit --version says ${version}`);
    const dataDir = join(folder, 'data');
    const started = await start(project, dataDir);
    try {
      await use(started.url, dataDir);
    } finally {
      await stop(started);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(`check-package: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
