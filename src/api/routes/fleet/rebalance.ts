import { fromControl } from '../control-call.ts';
import type { Route } from '../route.ts';
import { fleetChangeProblems, mustOperate } from './fleet-call.ts';

export const rebalanceFleet: Route = {
  method: 'POST',
  path: '/fleet/rebalance',
  operationId: 'rebalanceFleet',
  tag: 'Fleet',
  summary: 'Weigh all storage nodes anew',
  description:
    'Takes the nodes’ memory and load as they are now, forgets that nodes were unsteady, and moves slots to where they then belong. The fleet does this by itself, only slower. Needs a super-user.',
  access: 'token',
  parameters: [],
  responses: { 204: { description: 'The plan is made anew.' } },
  problems: [...fleetChangeProblems],
  handle: async (call) => {
    mustOperate(call);
    await fromControl(call.gateway.parts.control.rebalance());
    return { status: 204, headers: [], body: null };
  },
};
