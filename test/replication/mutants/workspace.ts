/** Copies of the replication and its simulator with a defect in them. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ShapeName } from '../sim/shapes.ts';
import type { Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** What the simulator is made of. */
const copied = [
  'package.json',
  'src/shared',
  'src/storage-node/replication',
  'src/control-plane',
  'test/replication',
  'test/api/fuzz/random.ts',
];

/** Enough for any first finding. */
const outputLengthMax = 64 * 1024;

/** How a check of one copy ended; null: it found nothing. */
export type Verdict = string | null;

/** The files of a mutant with their mutated texts; throws an Error when a text searched for is not there exactly once. */
export function mutatedFiles({ name, edits }: Mutant, textOf: (file: string) => string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { file, search, replace } of edits) {
    const text = files.get(file) ?? textOf(file);
    const places = text.split(search).length - 1;
    if (places !== 1) throw new Error(`mutant "${name}": its text is ${places} times in ${file}`);
    files.set(
      file,
      text.replace(search, () => replace),
    );
  }
  return files;
}

export function sourceText(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** A copy of what the checks need, in a folder of its own. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'godwit-sim-mutants-'));
  /** The texts that the planted defect has replaced: those of this copy, as the tree may have changed meanwhile. */
  readonly #healthy = new Map<string, string>();

  constructor() {
    for (const path of copied) cpSync(join(root, path), join(this.folder, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  #pathOf(file: string): string {
    const path = join(this.folder, file);
    if (dirname(path) === this.folder) throw new Error(`${file} is no source`);
    return path;
  }

  /** Plants the defect in a copy that has none. */
  plant(mutant: Mutant): void {
    if (this.#healthy.size > 0) throw new Error('another defect is planted');
    for (const [file, text] of mutatedFiles(mutant, (name) => this.#textOf(name))) {
      this.#healthy.set(file, this.#textOf(file));
      writeFileSync(this.#pathOf(file), text);
    }
  }

  #textOf(file: string): string {
    return readFileSync(this.#pathOf(file), 'utf8');
  }

  /** Takes the defect out again. */
  heal(): void {
    for (const [file, text] of this.#healthy) writeFileSync(this.#pathOf(file), text);
    this.#healthy.clear();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * So many runs of each of the shapes. Rejects when the program does not run at all, fails as a broken one does, or has
   * no end in time: that is no finding.
   */
  simulate(runs: number, shapes: readonly ShapeName[], timeoutMs: number): Promise<Verdict> {
    const program = join('test', 'replication', 'mutants', 'kill-check.ts');
    const argv = [program, String(runs), ...shapes];
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
        if (code === null) reject(new Error(`no end within ${timeoutMs / 1_000} s`));
        else if (code === 0) resolve(null);
        else if (/^\w+, run \d+: /.test(output)) resolve(output.trim().split('\n')[0]!);
        else reject(new Error(`the simulator is broken: ${output.slice(0, 500)}`));
      });
    });
  }
}
