import { fromControl } from '../control-call.ts';
import type { Route } from '../route.ts';
import { fleetChangeProblems, mustOperate, nodeInPath, nodeOf } from './fleet-call.ts';

export const drainNode: Route = {
  method: 'PUT',
  path: '/fleet/nodes/{node}/drain',
  operationId: 'drainNode',
  tag: 'Fleet',
  summary: 'Drain a storage node',
  description:
    'Moves everything off the node while it serves. The answer comes at once; the node is drained when the status of the fleet shows it with no primaries, copies and learners. It stays drained when it restarts. Needs a super-user.',
  access: 'token',
  parameters: [nodeInPath],
  responses: { 204: { description: 'The node is draining, or was already.' } },
  problems: ['node_not_found', 'node_in_use', ...fleetChangeProblems],
  handle: async (call) => {
    mustOperate(call);
    await fromControl(call.gateway.parts.control.drainNode({ id: nodeOf(call) }));
    return { status: 204, headers: [], body: null };
  },
};

export const addNode: Route = {
  method: 'DELETE',
  path: '/fleet/nodes/{node}/drain',
  operationId: 'addNode',
  tag: 'Fleet',
  summary: 'Take a storage node into use',
  description:
    'Ends the draining of a node, or takes a spare into use: it gets its share of the slots. Needs a super-user.',
  access: 'token',
  parameters: [nodeInPath],
  responses: { 204: { description: 'The node is in use, or was already.' } },
  problems: ['node_not_found', ...fleetChangeProblems],
  handle: async (call) => {
    mustOperate(call);
    await fromControl(call.gateway.parts.control.undrainNode({ id: nodeOf(call) }));
    return { status: 204, headers: [], body: null };
  },
};
