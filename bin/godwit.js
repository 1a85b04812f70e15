#!/usr/bin/env node
// The launcher of the `godwit` command. Plain JavaScript that an old Node.js can read: where the running one
// is older than Godwit needs, it starts the one that the `node` package brought along.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const nodeMajorMin = 26;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout runs its sources, whatever an earlier build left behind; the published package has none.
const source = join(root, 'src', 'cli', 'main.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js');

if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) {
  await import(pathToFileURL(entry).href);
} else {
  const binary = packagedNode();
  if (binary === undefined) {
    process.stderr.write(`godwit: needs Node.js ${nodeMajorMin} or newer, this is ${process.versions.node}\n`);
    process.exit(2);
  }
  runWith(binary);
}

/** The binary of the `node` package, beside this package or above it; undefined when it is not installed. */
function packagedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/** Signals go to the child, and its end is this process's end. */
function runWith(binary) {
  const child = spawn(binary, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`godwit: cannot run ${binary}: ${error.message}\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}
