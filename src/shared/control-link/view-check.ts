/** The check of a received view, or of its changes: by hand, because it is 4,096 rows. */
import { z } from 'zod';
import { type FleetNode, type SlotAssignment, type View, viewSchema } from '../fleet-state.ts';
import { slotCount } from '../slots.ts';

/**
 * What a view has that the one numbered `since` has not. Applied to any view from `since` on of the same source, it
 * makes the view `number`: each row that has changed in between is in it as it is now.
 */
export interface ViewChanges {
  readonly since: number;
  readonly number: number;
  /** All nodes; left out when they are the same. */
  readonly nodes?: readonly FleetNode[];
  /** Rows `[slot, epoch, dataEpoch, copies, learners]`. */
  readonly slots: readonly SlotRow[];
}
export type SlotRow = readonly [slot: number, ...assignment: SlotAssignment];

const headSchema = z.object({ number: viewSchema.shape.number, nodes: viewSchema.shape.nodes });
const changesHeadSchema = z.object({
  since: viewSchema.shape.number,
  number: viewSchema.shape.number,
  nodes: viewSchema.shape.nodes.optional(),
});

/** The value as a view; throws when it is not one, or when a slot names a node that the view has not. */
export function viewOf(value: unknown): View {
  const head = headSchema.parse(value);
  const slots = (value as { slots?: unknown }).slots;
  if (!Array.isArray(slots) || slots.length !== slotCount) throw new TypeError('the view has not every slot');
  for (const slot of slots) if (!isAssignment(slot, head.nodes.length)) throw new TypeError('the view has a bad slot');
  return { ...head, slots: slots as SlotAssignment[] };
}

/** The value as changes of a view; throws when it is not that. Its nodes are checked when it is applied. */
export function viewChangesOf(value: unknown): ViewChanges {
  const { nodes, ...head } = changesHeadSchema.parse(value);
  const slots = (value as { slots?: unknown }).slots;
  if (!Array.isArray(slots)) throw new TypeError('changes of a view without slots');
  for (const row of slots) if (!isRow(row)) throw new TypeError('changes of a view with a bad slot');
  return { ...head, ...(nodes === undefined ? {} : { nodes }), slots: slots as SlotRow[] };
}

/** The view after these changes; rows and nodes that are the same stay the same objects. Throws as `viewOf` does. */
export function withViewChanges(view: View, { number, nodes, slots: rows }: ViewChanges): View {
  const slots = [...view.slots];
  const nodeCount = (nodes ?? view.nodes).length;
  for (const [slot, ...assignment] of rows) {
    if (!isAssignment(assignment, nodeCount)) throw new TypeError('the view has a bad slot');
    slots[slot] = assignment;
  }
  return { number, nodes: nodes === undefined ? view.nodes : [...nodes], slots };
}

function isRow(row: unknown): boolean {
  return Array.isArray(row) && row.length === 5 && isCount(row[0]) && (row[0] as number) < slotCount;
}

function isAssignment(slot: unknown, nodeCount: number): boolean {
  if (!Array.isArray(slot) || slot.length !== 4) return false;
  return isCount(slot[0]) && isCount(slot[1]) && areNodes(slot[2], nodeCount) && areNodes(slot[3], nodeCount);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areNodes(value: unknown, nodeCount: number): boolean {
  if (!Array.isArray(value) || value.length > nodeCount) return false;
  for (const node of value) if (!isCount(node) || node >= nodeCount) return false;
  return true;
}
