import { z } from 'zod';
import { readArguments } from '../arguments.ts';
import { fromControl } from '../control-call.ts';
import type { Parameter, Route } from '../route.ts';
import { fleetChangeProblems, mustOperate, nodeInPath, nodeOf } from './fleet-call.ts';

const force: Parameter = {
  name: 'force',
  in: 'query',
  kind: 'flag',
  schema: z.boolean().meta({ default: false }),
  required: false,
  description:
    'The node has ended and will not come back: what only it held is given up, and those slots begin anew, empty.',
};
const parameters = [nodeInPath, force];

export const removeNode: Route = {
  method: 'DELETE',
  path: '/fleet/nodes/{node}',
  operationId: 'removeNode',
  tag: 'Fleet',
  summary: 'Remove a storage node',
  description:
    'Forgets a node that is drained or dead. One that still holds something is refused, unless `force` says that it is gone for good. A process that still runs registers again: end it first. Needs a super-user.',
  access: 'token',
  parameters,
  responses: { 204: { description: 'The fleet knows it no more.' } },
  problems: ['node_not_found', 'node_in_use', ...fleetChangeProblems],
  handle: async (call) => {
    mustOperate(call);
    const values = readArguments(parameters, call.exchange);
    const body = { id: nodeOf(call), force: values['force'] === true };
    await fromControl(call.gateway.parts.control.removeNode(body));
    return { status: 204, headers: [], body: null };
  },
};
