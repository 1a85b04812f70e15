/** Copies of the engine with a defect in them, and the programs that are to find it. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const engineFolder = join('src', 'storage-node', 'engine');
/** What the engine, its tests and its fuzz test are made of. */
const copied = ['package.json', 'src/shared', 'src/storage-node', 'test/conformance', 'test/storage-node/engine'];

/** How a check of one copy ended; null: it found nothing. */
export type Verdict = string | null;

/** The mutated text of the file; throws an Error when the text searched for is not there exactly once. */
export function mutated(text: string, { name, file, search, replace }: Mutant): string {
  const places = text.split(search).length - 1;
  if (places !== 1) throw new Error(`mutant "${name}": its text is ${places} times in ${file}`);
  return text.replace(search, () => replace);
}

export function engineText(file: string): string {
  return readFileSync(join(root, engineFolder, file), 'utf8');
}

/** A copy of what the checks need, in a folder of its own. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'godwit-mutants-'));

  constructor() {
    for (const path of copied) cpSync(join(root, path), join(this.folder, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Plants the defect in a clean copy. */
  plant(mutant: Mutant): void {
    const path = join(this.folder, engineFolder, mutant.file);
    writeFileSync(path, mutated(engineText(mutant.file), mutant));
  }

  /** Takes the defect out again. */
  heal(mutant: Mutant): void {
    writeFileSync(join(this.folder, engineFolder, mutant.file), engineText(mutant.file));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs the fuzz test's shapes, each for so many operations. A run that hangs has found something, too. */
  fuzz(operations: number, timeoutMs: number): Promise<Verdict> {
    const program = join('test', 'storage-node', 'engine', 'mutants', 'kill-check.ts');
    return this.#run([program, String(operations)], timeoutMs, (output) => output.trim().split('\n')[0] ?? '');
  }

  /** Runs the engine's other tests. */
  tests(timeoutMs: number): Promise<Verdict> {
    const vitest = join('node_modules', 'vitest', 'vitest.mjs');
    const options = ['run', 'test/storage-node/engine', '--root', '.', '--bail', '1', '--reporter', 'tap-flat'];
    const not = ['--exclude', '**/fuzz/**', '--exclude', '**/mutants/**', '--no-color', '--testTimeout', '20000'];
    const firstFailure = (output: string): string =>
      /^not ok \d+ - (.* > .*)$/m.exec(output)?.[1] ?? output.slice(-300);
    return this.#run([vitest, ...options, ...not], timeoutMs, firstFailure);
  }

  #run(argv: string[], timeoutMs: number, finding: (output: string) => string): Promise<Verdict> {
    const child = spawn(process.execPath, argv, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      if (output.length < outputLengthMax) output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        if (code === null) resolve(`no end within ${timeoutMs / 1_000} s`);
        else resolve(code === 0 ? null : finding(output));
      });
    });
  }
}

/** Enough for any first finding. */
const outputLengthMax = 1024 * 1024;
