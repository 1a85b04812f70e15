import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addedNodesFileName, openAddedNodes } from '../../../src/cli/supervisor/added-nodes.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-added-'));
  file = join(directory, addedNodesFileName);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('added nodes', () => {
  test('are there for the next start, each once, until they are removed', () => {
    const nodes = openAddedNodes(directory);
    expect(nodes.all).toEqual([]);
    nodes.add({ id: 'a-2', zone: 'a' });
    nodes.add({ id: 'b-2', zone: 'b' });
    nodes.add({ id: 'b-2', zone: 'b' });
    const again = openAddedNodes(directory);
    expect(again.all).toEqual([
      { id: 'a-2', zone: 'a' },
      { id: 'b-2', zone: 'b' },
    ]);
    expect(again.remove('a-2')).toBe(true);
    expect(again.remove('c-1')).toBe(false);
    expect(openAddedNodes(directory).all).toEqual([{ id: 'b-2', zone: 'b' }]);
  });

  test('the file is its owner’s, and no draft is left beside it', () => {
    openAddedNodes(directory).add({ id: 'a-2', zone: 'a' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual([addedNodesFileName]);
  });

  test.each(['', '{', '{"nodes":[{"id":7,"zone":"a"}]}', '[]'])(
    'a file that godwit did not write is told: %j',
    (text) => {
      writeFileSync(file, text);
      expect(() => openAddedNodes(directory)).toThrow(
        `${file} is not what godwit wrote; without it, only the nodes of the options start`,
      );
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  test('what cannot be written is told, and not taken for written', () => {
    const nodes = openAddedNodes(directory);
    rmSync(directory, { recursive: true });
    expect(() => nodes.add({ id: 'a-2', zone: 'a' })).toThrow(/^cannot write .*: no such file or directory$/);
    expect(nodes.all).toEqual([]);
  });
});
