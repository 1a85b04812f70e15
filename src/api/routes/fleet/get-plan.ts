import { z } from 'zod';
import { jsonReply } from '../../http/exchange.ts';
import { controlProblems, fromControl } from '../control-call.ts';
import type { Route } from '../route.ts';
import { mustRead } from './fleet-call.ts';

const stepSchema = z.strictObject({
  kind: z.string(),
  slot: z.int().nonnegative(),
  from: z.string().nullable().meta({ description: 'The node that gives the slot up, or its primary now.' }),
  to: z.string().nullable().meta({ description: 'The node that gets it.' }),
  reason: z.string(),
});
const planSchema = z
  .strictObject({
    steps_total: z.int().nonnegative(),
    counts: z.record(z.string(), z.int().nonnegative()).meta({ description: 'Steps by kind.' }),
    steps: z.array(stepSchema).meta({ description: 'The first ones.' }),
  })
  .meta({ id: 'FleetPlan' });

export const getFleetPlan: Route = {
  method: 'GET',
  path: '/fleet/plan',
  operationId: 'getFleetPlan',
  tag: 'Fleet',
  summary: 'Read what the planner would do next',
  description:
    'Every step that stands between who holds what now and who should, each with its reason, as if all were done at once; the planner does a bounded number of them at a time. Reading changes nothing. Needs the right to read operations.',
  access: 'token',
  parameters: [],
  responses: {
    200: {
      description: 'The plan.',
      body: { contentTypes: ['application/json'], schema: planSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [...controlProblems],
  handle: async (call) => {
    mustRead(call);
    const { answer } = await fromControl(call.gateway.parts.control.fleetPlan());
    return jsonReply(200, answer satisfies z.input<typeof planSchema>);
  },
};
