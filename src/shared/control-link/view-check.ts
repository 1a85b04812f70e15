/** The check of a received view: by hand, because it is 4,096 rows on every change of a single one. */
import { z } from 'zod';
import { type SlotAssignment, type View, viewSchema } from '../fleet-state.ts';
import { slotCount } from '../slots.ts';

const headSchema = z.object({ number: viewSchema.shape.number, nodes: viewSchema.shape.nodes });

/** The value as a view; throws when it is not one, or when a slot names a node that the view has not. */
export function viewOf(value: unknown): View {
  const head = headSchema.parse(value);
  const slots = (value as { slots?: unknown }).slots;
  if (!Array.isArray(slots) || slots.length !== slotCount) throw new TypeError('the view has not every slot');
  for (const slot of slots) if (!isAssignment(slot, head.nodes.length)) throw new TypeError('the view has a bad slot');
  return { ...head, slots: slots as SlotAssignment[] };
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
