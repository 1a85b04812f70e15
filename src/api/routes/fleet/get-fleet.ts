import { z } from 'zod';
import { jsonReply } from '../../http/exchange.ts';
import { controlProblems, fromControl } from '../control-call.ts';
import type { Route } from '../route.ts';
import { mustRead } from './fleet-call.ts';

const count = z.int().nonnegative();
const told = 'Null when it has not told since the control plane began to lead.';

const nodeSchema = z
  .strictObject({
    id: z.string(),
    incarnation: z.string().meta({ description: 'Of this life: a node that restarts has another one, and is empty.' }),
    zone: z.string(),
    url: z.string().meta({ description: 'Of its internal listener.' }),
    state: z.enum(['joining', 'active', 'spare', 'draining', 'silent', 'dead']).meta({
      description:
        '`silent`: not heard of, so that others serve in its place; `dead`: has ended for sure; `spare`: kept empty until it is needed.',
    }),
    spare: z.boolean().meta({ description: 'It joined as a spare and has not been taken into use.' }),
    drained: z
      .boolean()
      .meta({ description: 'An operator has it emptied; otherwise one that drains leaves by itself.' }),
    weight: z.number().meta({ description: 'Its share of the slots, in proportion to that of others.' }),
    primaries: count.meta({ description: 'Slots that it serves.' }),
    copies: count.meta({ description: 'Slots of which it holds a copy that is in sync, for another node.' }),
    learners: count.meta({ description: 'Slots of which it is being given a copy.' }),
    memory_bytes: z.number().nullable().meta({ description: told }),
    memory_bytes_used: z.number().nullable().meta({ description: told }),
    operations_per_second: z.number().nullable().meta({ description: told }),
    heartbeat_age_ms: count.nullable().meta({ description: told }),
    not_serving: count.meta({ description: 'Slots that it is to serve and does not yet.' }),
  })
  .meta({ id: 'FleetNode' });

const fleetSchema = z
  .strictObject({
    view: count.meta({ description: 'Number of the view: of who holds what. Grows with every change.' }),
    replication_factor: z.int().min(1).meta({ description: 'Copies that each slot should have.' }),
    nodes: z.array(nodeSchema),
    slots: z.strictObject({
      total: count,
      under_replicated: count.meta({ description: 'With fewer copies in sync than they should have.' }),
      unserved: count.meta({ description: 'Which nobody is known to serve now.' }),
      moving: count.meta({ description: 'With a copy that is being made, or with one more than they will keep.' }),
    }),
    resets_total: count.meta({
      description:
        'Slots that began anew, empty, because all their copies had ended, since the fleet began: data loss.',
    }),
  })
  .meta({ id: 'Fleet' });

export const getFleet: Route = {
  method: 'GET',
  path: '/fleet',
  operationId: 'getFleet',
  tag: 'Fleet',
  summary: 'Read the status of the fleet',
  description:
    'Its storage nodes with what they hold, and whether every slot has its copies. Needs the right to read operations.',
  access: 'token',
  parameters: [],
  responses: {
    200: {
      description: 'The status.',
      body: { contentTypes: ['application/json'], schema: fleetSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [...controlProblems],
  handle: async (call) => {
    mustRead(call);
    const { answer } = await fromControl(call.gateway.parts.control.fleetStatus());
    return jsonReply(200, answer satisfies z.input<typeof fleetSchema>);
  },
};
