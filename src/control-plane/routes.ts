/** The internal API of the control plane as a table of paths; what each call checks and does. */
import type { z } from 'zod';
import {
  controlPaths,
  goneSchema,
  heartbeatSchema,
  nodeRegistrationSchema,
  processRegistrationSchema,
  proposalsSchema,
  stateQuerySchema,
} from '../shared/control-link/protocol.ts';
import { GodwitError } from '../shared/errors.ts';
import type { ControlPlane } from './control-plane.ts';
import type { ControlProcess } from './control-process.ts';
import { controlPlaneLimits } from './limits.ts';
import { lifeOf } from './lives.ts';
import { prometheusText } from './metrics.ts';
import { type CallName, callBodies, callPaths } from './protocol.ts';
import { stateAnswerText } from './state-text.ts';
import type { Steward } from './steward.ts';

export interface RouteRequest {
  readonly query: URLSearchParams;
  /** The parsed JSON body of a POST. */
  readonly body: unknown;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Answered without the fleet's secret. */
  readonly open?: boolean;
  /** Largest body; `bodyBytesMax` when left out. */
  readonly bodyBytesMax?: number;
  /** A JSON value, JSON that is written already, or a string for plain text. */
  readonly handle: (request: RouteRequest) => unknown;
}

/** Routes by exact path. All but health and metrics are the leader's; a follower answers `control_plane_unavailable`. */
export function routesOf(process: ControlProcess): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    [controlPaths.health, { method: 'GET', open: true, handle: () => ({ status: 'ok' }) }],
    [controlPaths.metrics, { method: 'GET', handle: () => prometheusText(process.statistics()) }],
    [
      controlPaths.state,
      {
        method: 'GET',
        handle: async ({ query, signal }) => stateAnswerText(await process.current().poll(stateQueryOf(query), signal)),
      },
    ],
    [
      controlPaths.nodes,
      { method: 'POST', handle: ({ body }) => process.current().registerNode(checked(nodeRegistrationSchema, body)) },
    ],
    [
      controlPaths.processes,
      {
        method: 'POST',
        handle: async ({ body }) => {
          await process.current().registerProcess(checked(processRegistrationSchema, body));
          return {};
        },
      },
    ],
    ...nodeRoutes(process),
    ...administrativeRoutes(process),
    ...fleetRoutes(process),
  ]);
}

/** What storage nodes say of themselves and their slots. */
function nodeRoutes(process: ControlProcess): [string, Route][] {
  const bodyBytesMax = controlPlaneLimits.nodeBodyBytesMax;
  const post = (path: string, handle: (steward: Steward, body: unknown) => unknown): [string, Route] => [
    path,
    { method: 'POST', bodyBytesMax, handle: ({ body }) => handle(process.current().steward, body) },
  ];
  return [
    post(controlPaths.heartbeats, (steward, body) => steward.heartbeat(checked(heartbeatSchema, body))),
    post(controlPaths.proposals, (steward, body) => steward.propose(checked(proposalsSchema, body))),
    post(controlPaths.gone, async (steward, body) => {
      await steward.confirmDead(lifeOf(checked(goneSchema, body)));
      return {};
    }),
  ];
}

function fleetRoutes(process: ControlProcess): [string, Route][] {
  const call = callsOf(process);
  return [
    call('fleetStatus', (control) => read(control, control.steward.status())),
    call('fleetPlan', (control) => read(control, control.steward.plan())),
    call('fleetEvents', (control, { limit = controlPlaneLimits.eventsPageDefault }) =>
      read(control, { events: control.steward.events.list(limit) }),
    ),
    call('drainNode', (control, { id }) => control.operate((state) => control.operations.drain(state, id))),
    call('undrainNode', (control, { id }) => control.operate((state) => control.operations.undrain(state, id))),
    call('removeNode', (control, { id, force }) =>
      control.operate((state) => control.operations.remove(state, id, force)),
    ),
    call('rebalance', (control) => {
      control.steward.rebalance();
      return read(control, {});
    }),
  ];
}

function callsOf(process: ControlProcess) {
  return <Name extends CallName>(
    name: Name,
    handle: (control: ControlPlane, body: z.output<(typeof callBodies)[Name]>) => unknown,
  ): [string, Route] => {
    const schema = callBodies[name] as unknown as z.ZodType<z.output<(typeof callBodies)[Name]>>;
    return [
      callPaths[name],
      { method: 'POST', handle: ({ body }) => handle(process.current(), checked(schema, body)) },
    ];
  };
}

function administrativeRoutes(process: ControlProcess): [string, Route][] {
  const call = callsOf(process);
  return [
    call('createCache', (control, body) =>
      control.mutate(body, (state) => control.registry.create(state, body.account, body.name, body.settings)),
    ),
    call('deleteCache', (control, body) =>
      control.mutate(body, (state) => control.registry.delete(state, body.account, body.name)),
    ),
    call('updateCache', (control, body) =>
      control.mutate(body, (state) => control.registry.update(state, body.account, body.name, body.settings)),
    ),
    call('flushCache', (control, body) =>
      control.mutate(body, (state) => control.registry.flush(state, body.account, body.name)),
    ),
    call('listCaches', (control, body) =>
      read(control, control.registry.list(body.account, body.limit, body.next_token)),
    ),
    call('issueToken', (control, body) => {
      const { claims, refresh, description } = body;
      return control.mutate(body, (state) => control.tokens.issue(state, { claims, refresh, description }));
    }),
    call('refreshToken', (control, body) =>
      control.mutate(body, (state) => control.tokens.refresh(state, body.refresh_token)),
    ),
    call('revokeToken', (control, body) => control.mutate(body, (state) => control.tokens.revoke(state, body))),
    call('listTokens', async (control, body) =>
      read(control, await control.tokens.list(body.account, body.limit, body.next_token)),
    ),
    call('rotateKeys', (control, body) => control.rotateKeys(body)),
  ];
}

function read<T>(control: ControlPlane, answer: T): { answer: T; revision: number; replayed: boolean } {
  return { answer, revision: control.state.revision, replayed: false };
}

function stateQueryOf(query: URLSearchParams) {
  return checked(stateQuerySchema, Object.fromEntries(query), 'invalid_argument');
}

/** The value in its shape; names the first member that is not, never what it holds. */
function checked<T>(
  schema: z.ZodType<T>,
  value: unknown,
  code: 'malformed_body' | 'invalid_argument' = 'malformed_body',
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new GodwitError(code, path === '' ? 'The call has not its shape.' : `\`${path}\` has not its shape.`);
}
