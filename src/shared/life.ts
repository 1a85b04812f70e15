/** One process of a node, `id/incarnation`: one that restarted is another, and empty (replication rule P1). */
export type Life = string;

export function lifeOf(node: { readonly id: string; readonly incarnation: string }): Life {
  return `${node.id}/${node.incarnation}`;
}
