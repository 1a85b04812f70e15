import { watcherIdSchema } from '../../../shared/control-link/protocol.ts';
import { type ErrorCode, GodwitError } from '../../../shared/errors.ts';
import { fromIssue } from '../arguments.ts';
import { controlProblems } from '../control-call.ts';
import type { Parameter, RouteCall } from '../route.ts';

export const nodeInPath: Parameter = {
  name: 'node',
  in: 'path',
  kind: 'string',
  schema: watcherIdSchema,
  required: true,
  description: 'Name of a storage node, as the status of the fleet tells it.',
  example: 'a-1',
};

/** Refusals of any change of the fleet. All can be sent again: done twice they are as done once. */
export const fleetChangeProblems = [...controlProblems, 'outcome_unknown'] as const satisfies readonly ErrorCode[];

/** Raises `permission_denied` for a token that may not look at operations. */
export function mustRead({ session }: RouteCall): void {
  if (!session.permissions.mayReadOperations)
    throw new GodwitError('permission_denied', 'The token does not grant reading operations.');
}

/** Raises `permission_denied` for anyone but a super-user, such as the admin key: the fleet is everybody's. */
export function mustOperate({ session }: RouteCall): void {
  if (!session.permissions.isSuperUser)
    throw new GodwitError('permission_denied', 'Only a super-user may change the fleet.');
}

export function nodeOf({ path }: RouteCall): string {
  const node = watcherIdSchema.safeParse(path['node']);
  if (!node.success) throw fromIssue(node.error.issues[0]!, 'The name of the node', path['node']);
  return node.data;
}
