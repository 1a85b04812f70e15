import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionsOf, root, type SourceFile, sourceFiles } from './source-files.ts';

const sources = sourceFiles('src');
const tests = sourceFiles('test');
const programs = [...sourceFiles('scripts'), ...sourceFiles('bench')];
const byPath = new Map([...sources, ...programs].map((file) => [file.path, file]));

/** Each tier with those below it. Tiers of one line never import each other, save types. */
const tiers = [['shared'], ['tokens'], ['storage-node', 'routing', 'topics-sse', 'control-plane'], ['api'], ['cli']];
const levelOf = new Map(tiers.flatMap((names, level) => names.map((name) => [name, level] as const)));
const tierOf = (path: string): string => path.split('/')[1]!;

/**
 * Imports that go against the direction, each with its reason:
 * the API administers the fleet through the control plane's client, and both are above the tiers.
 */
const allowedSideways = new Set<string>([]);

/** Files that Node alone runs; everything else must also run on an edge runtime. */
const nodeOnly = [
  /^src\/cli\//,
  /^src\/storage-node\//,
  /^src\/control-plane\//,
  /^src\/api\/node\//,
  /^src\/api\/node-entry\.ts$/,
  /^src\/routing\/undici-transport\.ts$/,
  /^src\/topics-sse\/upgrade-transport\.ts$/,
  /^src\/shared\/secret-check\.ts$/,
];
/** Packages that need Node. */
const nodePackages = new Set(['undici', 'pino', '@hono/node-server', 'swagger-ui-dist']);

/** Where the program begins, and folders that wait for their issue. */
const entries = ['src/cli/main.ts', 'src/api/worker.ts', ...programs.map((file) => file.path)];

/** Calls that have one home each. */
const bannedCalls: { pattern: RegExp; allowedIn: RegExp; why: string }[] = [
  {
    pattern: /\bDate\.now\(|\bperformance\.now\(|process\.hrtime/,
    allowedIn: /^src\/shared\/clock\.ts$/,
    why: 'time comes through Clock',
  },
  {
    pattern: /\bMath\.random\b/,
    allowedIn:
      /^src\/(cli\/|api\/node-entry\.ts|api\/worker\.ts|shared\/control-link\/|control-plane\/(client|server|control-plane)\.ts)/,
    why: 'randomness is injected; only entries and defaults of options choose it',
  },
  { pattern: /\bconsole\./, allowedIn: /^src\/cli\//, why: 'roles log through Log' },
  { pattern: /\bprocess\.exit\b/, allowedIn: /^src\/cli\//, why: 'only the command line ends the process' },
  { pattern: /\beval\(|new Function\(/, allowedIn: /^$/, why: 'no code from text' },
  { pattern: /\bheadersDistinct\b/, allowedIn: /^$/, why: 'a header named __proto__ crashes it (CVE-2026-21710)' },
  { pattern: /insecureHTTPParser/, allowedIn: /^$/, why: 'the strict parser is the first defence against smuggling' },
];

const fileLinesMax = 400;
const functionLinesMax = 60;

/** Files and functions that were longer when the ratchet was set; a number here may only go down. */
const ratchet = JSON.parse(readFileSync(join(import.meta.dirname, 'ratchet.json'), 'utf8')) as Record<string, number>;

function violations(check: (file: SourceFile) => string[]): string[] {
  return sources.flatMap((file) => check(file).map((violation) => `${file.path}: ${violation}`));
}

describe('tidy', () => {
  it('imports: run from the upper tiers to the lower ones, sideways only for types', () => {
    const found = violations((file) =>
      file.imports.flatMap(({ target, typeOnly }) => {
        if (!target.startsWith('src/')) return [];
        const [from, to] = [tierOf(file.path), tierOf(target)];
        if (from === to || allowedSideways.has(`${file.path} -> ${target}`)) return [];
        const [fromLevel, toLevel] = [levelOf.get(from), levelOf.get(to)];
        if (fromLevel === undefined || toLevel === undefined) return [`unknown tier in ${target}`];
        return toLevel > fromLevel || (toLevel === fromLevel && !typeOnly) ? [`imports ${target}`] : [];
      }),
    );
    expect(found).toEqual([]);
  });

  it('runtime: what the edge runs imports nothing of Node', () => {
    const reached = reachable(['src/api/worker.ts']);
    const found = [...reached].flatMap((path) => {
      const file = byPath.get(path)!;
      return file.imports
        .filter(({ target, typeOnly }) => !typeOnly && (target.startsWith('node:') || nodePackages.has(target)))
        .map(({ target }) => `${path} imports ${target}`);
    });
    expect(found).toEqual([]);
    const elsewhere = violations((file) =>
      nodeOnly.some((pattern) => pattern.test(file.path))
        ? []
        : file.imports
            .filter(({ target, typeOnly }) => !typeOnly && target.startsWith('node:'))
            .map(({ target }) => `imports ${target}`),
    );
    expect(elsewhere).toEqual([]);
  });

  it('files: each is reached from an entry', () => {
    const reached = reachable(entries);
    expect(sources.map((file) => file.path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('calls: those with one home stay there', () => {
    const found = violations((file) =>
      bannedCalls
        .filter(({ pattern, allowedIn }) => pattern.test(withoutComments(file.text)) && !allowedIn.test(file.path))
        .map(({ pattern, why }) => `${pattern}: ${why}`),
    );
    expect(found).toEqual([]);
  });

  it('tests: none is singled out, and none is skipped without a reason beside it', () => {
    const found = tests.flatMap((file) => {
      if (file.path.startsWith('test/tidy/')) return [];
      const singled = /\b(it|test|describe)\.only\(/.test(file.text) ? [`${file.path}: .only`] : [];
      const skipped = /\b(it|test|describe)\.(skip|todo)\(/.test(file.text) ? [`${file.path}: .skip or .todo`] : [];
      return [...singled, ...skipped];
    });
    expect(found).toEqual([]);
  });

  it('lengths: files and functions stay short, and the long ones only get shorter', () => {
    const lengths: Record<string, number> = {};
    for (const file of sources) {
      const lines = file.text.split('\n').length - 1;
      if (lines > fileLinesMax) lengths[file.path] = lines;
      for (const { name, lines: span } of functionsOf(file))
        if (span > functionLinesMax) lengths[`${file.path}#${name}`] = span;
    }
    const longer = Object.entries(lengths).filter(([name, lines]) => lines > (ratchet[name] ?? 0));
    expect(longer).toEqual([]);
    const stale = Object.entries(ratchet).filter(([name, lines]) => (lengths[name] ?? 0) < lines);
    expect(stale, 'lower these numbers in ratchet.json').toEqual([]);
  });

  it('text: the tree names no machine and no registry', () => {
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split(
      '\n',
    );
    const banned = new RegExp(['/wo' + 'rk/', '/ro' + 'ot/', 'registry\\.npm' + 'js', 'deb\\.deb' + 'ian'].join('|'));
    const found = files.filter(
      (name) =>
        /\.(ts|js|json|md|yaml|toml|sh)$|^\.ci\//.test(name) && banned.test(readFileSync(join(root, name), 'utf8')),
    );
    expect(found).toEqual([]);
  });
});

function reachable(from: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const queue = [...from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path) || !byPath.has(path)) continue;
    reached.add(path);
    for (const { target } of byPath.get(path)!.imports) if (target.startsWith('src/')) queue.push(target);
  }
  return reached;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
