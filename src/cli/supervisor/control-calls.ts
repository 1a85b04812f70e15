import { z } from 'zod';
import { callPaths } from '../../control-plane/protocol.ts';
import { callControl, type Fetch } from '../../shared/control-link/call.ts';
import { controlPaths } from '../../shared/control-link/protocol.ts';
import { cliLimits } from '../limits.ts';
import type { EndedLife } from './death-reports.ts';

/** What the supervisor looks at in a fleet's status; no more, since the control plane may be of newer code than it is. */
const conditionSchema = z.object({
  nodes: z.array(z.object({ id: z.string(), incarnation: z.string(), state: z.string() })),
  slots: z.object({ under_replicated: z.int(), unserved: z.int(), moving: z.int() }),
});
export type FleetCondition = z.infer<typeof conditionSchema>;

const envelopeSchema = z.object({ answer: conditionSchema });

/** The control plane as the supervisor asks it; each call is made once and rejects when no answer came. */
export interface ControlCalls {
  /** This life of a storage node has ended for sure. */
  gone(life: EndedLife): Promise<void>;
  condition(): Promise<FleetCondition>;
}

/** @param url base URL of the control plane; undefined while it has never been ready */
export function controlCalls(url: () => string | undefined, fleetSecret: string, fetch: Fetch): ControlCalls {
  const call = (path: string, body: unknown): Promise<unknown> => {
    const base = url();
    if (base === undefined) return Promise.reject(new Error('there is no control plane yet'));
    const options = { urls: [base], fleetSecret, fetch };
    return callControl(options, base, { path, body, timeoutMs: cliLimits.controlCallMs });
  };
  return {
    gone: async (life) => void (await call(controlPaths.gone, life)),
    condition: async () => envelopeSchema.parse(await call(callPaths.fleetStatus, {})).answer,
  };
}
