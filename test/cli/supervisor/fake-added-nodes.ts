import type { AddedNode, AddedNodes } from '../../../src/cli/supervisor/added-nodes.ts';

/** Nodes kept in memory. */
export class FakeAddedNodes implements AddedNodes {
  all: readonly AddedNode[] = [];

  add(node: AddedNode): void {
    this.all = [...this.all, node];
  }

  remove(id: string): boolean {
    const known = this.all.some((node) => node.id === id);
    this.all = this.all.filter((node) => node.id !== id);
    return known;
  }
}
