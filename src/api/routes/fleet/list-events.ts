import { z } from 'zod';
import { jsonReply } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { controlProblems, fromControl } from '../control-call.ts';
import type { Parameter, Route } from '../route.ts';
import { mustRead } from './fleet-call.ts';

const limit: Parameter = {
  name: 'limit',
  in: 'query',
  kind: 'integer',
  schema: z.int().min(1).max(1_000).meta({ default: 100 }),
  required: false,
  description: 'How many of the newest events.',
  example: 50,
};
const parameters = [limit];

const eventSchema = z
  .strictObject({
    number: z.int().nonnegative().meta({ description: 'Grows with each event.' }),
    at_ms: z.number().meta({ description: 'Milliseconds since the Unix epoch.' }),
    kind: z.string().meta({ description: 'What happened; `reset` is data loss.' }),
    node: z.string().nullable(),
    slots: z.int().nonnegative().nullable().meta({ description: 'How many slots it is about.' }),
    detail: z.string(),
  })
  .meta({ id: 'FleetEvent' });
const eventsSchema = z.strictObject({ events: z.array(eventSchema) }).meta({ id: 'FleetEvents' });

export const listFleetEvents: Route = {
  method: 'GET',
  path: '/fleet/events',
  operationId: 'listFleetEvents',
  tag: 'Fleet',
  summary: 'List what happened in the fleet',
  description:
    'Nodes that came, went silent and died, failovers, resets, moves that ended, drains; oldest first. The control plane keeps the last 1,000, and the last 200 over a restart or a change of its leader, data losses before all others; its log has them all. Needs the right to read operations.',
  access: 'token',
  parameters,
  responses: {
    200: {
      description: 'The events.',
      body: { contentTypes: ['application/json'], schema: eventsSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [...controlProblems],
  handle: async (call) => {
    mustRead(call);
    const asked = readArguments(parameters, call.exchange)['limit'] as number | undefined;
    const body = asked === undefined ? {} : { limit: asked };
    const { answer } = await fromControl(call.gateway.parts.control.fleetEvents(body));
    return jsonReply(200, answer satisfies z.input<typeof eventsSchema>);
  },
};
