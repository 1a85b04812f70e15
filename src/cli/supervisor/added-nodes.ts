/** The storage nodes that were added to a fleet while it ran: a file in the data directory, so that the next start has them. */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configurationError, failure, systemErrorCode } from '../cli-error.ts';
import { plainReason } from '../credentials.ts';
import { writeDraft } from '../draft-file.ts';
import { cliLimits } from '../limits.ts';

export const addedNodesFileName = 'added-nodes.json';

const addedNodeSchema = z.strictObject({
  id: z.string().min(1).max(64),
  zone: z.string().min(1).max(32),
});
const fileSchema = z.strictObject({ nodes: z.array(addedNodeSchema).max(cliLimits.childrenMax) });

export type AddedNode = z.infer<typeof addedNodeSchema>;

/** What a supervisor keeps of the nodes that are added. */
export interface AddedNodes {
  readonly all: readonly AddedNode[];
  /** @throws CliError (exit code 1) when it cannot be kept */
  add(node: AddedNode): void;
  /**
   * Forgets a node. False when it was not one of them.
   * @throws CliError (exit code 1) when that cannot be kept
   */
  remove(id: string): boolean;
}

/**
 * Those of a data directory.
 * @throws CliError (exit code 2) when its file cannot be read
 */
export function openAddedNodes(dataDir: string): AddedNodes {
  return new AddedNodesFile(join(dataDir, addedNodesFileName));
}

class AddedNodesFile implements AddedNodes {
  readonly #path: string;
  #all: readonly AddedNode[];

  constructor(path: string) {
    this.#path = path;
    this.#all = read(path);
  }

  get all(): readonly AddedNode[] {
    return this.#all;
  }

  add(node: AddedNode): void {
    this.#keep([...this.#all.filter(({ id }) => id !== node.id), node]);
  }

  remove(id: string): boolean {
    const rest = this.#all.filter((node) => node.id !== id);
    if (rest.length === this.#all.length) return false;
    this.#keep(rest);
    return true;
  }

  #keep(nodes: readonly AddedNode[]): void {
    try {
      writeWhole(this.#path, `${JSON.stringify({ nodes }, undefined, 2)}\n`);
    } catch (error) {
      throw failure(`cannot write ${this.#path}: ${plainReason(error)}`, error);
    }
    this.#all = nodes;
  }
}

function read(path: string): readonly AddedNode[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw configurationError(`cannot read ${path}: ${plainReason(error)}`, error);
  }
  try {
    return fileSchema.parse(JSON.parse(text)).nodes;
  } catch (error) {
    throw configurationError(
      `${path} is not what godwit wrote; without it, only the nodes of the options start`,
      error,
    );
  }
}

/** A crash leaves the old file or the new one, never a half. */
function writeWhole(path: string, text: string): void {
  const draft = writeDraft(path, text);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
