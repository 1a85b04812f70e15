/**
 * Compiles `src` to `dist` for publishing: `npm run build`. Node.js strips no types inside `node_modules`, so the
 * package carries JavaScript, with declarations beside it. A checkout runs from `src` and needs none of this.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = join(root, 'dist');

/** Empties `dist` first, so that a module that is gone from `src` is not published. */
function build(): void {
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the compiler found errors; nothing was built');
  if (!existsSync(join(dist, 'cli', 'main.js'))) throw new Error('the build has no dist/cli/main.js');
  const unresolved = unresolvedImports();
  if (unresolved.length > 0) throw new Error(`these import TypeScript: ${unresolved.join(', ')}`);
}

/** Modules of the build that import a `.ts` file, which is not there. */
function unresolvedImports(): string[] {
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*['"]\.[^'"]*\.ts['"]/;
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .filter((name) => pattern.test(readFileSync(join(dist, name), 'utf8')));
}

try {
  build();
} catch (error) {
  rmSync(dist, { recursive: true, force: true });
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
