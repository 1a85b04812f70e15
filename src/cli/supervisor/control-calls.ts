import { z } from 'zod';
import { callPaths } from '../../control-plane/protocol.ts';
import { callControl, type Fetch } from '../../shared/control-link/call.ts';
import { reportGone } from '../../shared/control-link/report-gone.ts';
import { cliLimits } from '../limits.ts';
import type { ReportDeath } from './death-reports.ts';

/** What the supervisor looks at in a fleet's status; no more, since the control plane may be of newer code than it is. */
const conditionSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      incarnation: z.string(),
      state: z.string(),
      // only to say why copies are wanting
      zone: z.string().optional(),
      spare: z.boolean().optional(),
      drained: z.boolean().optional(),
    }),
  ),
  replication_factor: z.int().optional(),
  slots: z.object({ under_replicated: z.int(), unserved: z.int(), moving: z.int() }),
});
export type FleetCondition = z.infer<typeof conditionSchema>;

const envelopeSchema = z.object({ answer: conditionSchema });

/** The control plane as the supervisor asks it. */
export interface ControlCalls {
  readonly gone: ReportDeath;
  /** Asks once; rejects when no answer came. */
  condition(): Promise<FleetCondition>;
}

/** @param url base URL of the control plane; undefined while it has never been ready */
export function controlCalls(url: () => string | undefined, fleetSecret: string, fetch: Fetch): ControlCalls {
  const link = () => {
    const base = url();
    if (base === undefined) throw new Error('there is no control plane yet');
    return { urls: [base], fleetSecret, fetch };
  };
  return {
    gone: async (life, signal) => void (await reportGone({ ...link(), life, signal })),
    condition: async () => {
      const options = link();
      const call = { path: callPaths.fleetStatus, body: {}, timeoutMs: cliLimits.controlCallMs };
      return envelopeSchema.parse(await callControl(options, options.urls[0]!, call)).answer;
    },
  };
}
