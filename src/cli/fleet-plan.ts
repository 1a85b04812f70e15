import type { OptionsOf } from './options.ts';
import { toFlags } from './parse-options.ts';
import type { ChildPlan } from './supervisor/supervised-child.ts';
import type { FleetPlan } from './supervisor/supervisor.ts';

/** What `godwit start` found out beyond its options. */
export interface FleetFacts {
  readonly dataDir: string;
  readonly publicPort: number;
  readonly controlPort: number;
  readonly gateways: number;
  readonly nodeMemoryBytes: number;
}

/** The processes that `godwit start` runs, each with its flags. */
export function planFleet(options: OptionsOf<'start'>, facts: FleetFacts): FleetPlan {
  const { logLevel, logFormat, drainTimeout, internalHost } = options;
  const shared = { logLevel, logFormat, drainTimeout, internalHost };
  const nodeCount = options.zones.length * options.nodesPerZone;
  return {
    control: {
      id: 'control',
      role: 'control',
      flags: toFlags('control', {
        ...shared,
        nodeId: 'control',
        dataDir: facts.dataDir,
        internalPort: facts.controlPort,
        expectedNodes: nodeCount,
      }),
      // later lives of the control plane find the storage nodes alive
      firstFlags: toFlags('control', { nodesStartAnew: true }),
    },
    others: (controlUrl) => [
      ...options.zones.flatMap((zone) =>
        numbers(options.nodesPerZone).map((number): ChildPlan => {
          const id = `${zone}-${number}`;
          const flags = toFlags('storage', {
            ...shared,
            nodeId: id,
            zone,
            memory: facts.nodeMemoryBytes,
            evictionPolicy: options.evictionPolicy,
            controlUrls: [controlUrl],
            internalPort: 0,
          });
          return { id, role: 'storage', flags };
        }),
      ),
      ...numbers(facts.gateways).map((number): ChildPlan => {
        const id = `gateway-${number}`;
        const flags = toFlags('gateway', {
          ...shared,
          nodeId: id,
          zone: options.zones[(number - 1) % options.zones.length]!,
          host: options.host,
          port: facts.publicPort,
          reusePort: facts.gateways > 1,
          internalPort: 0,
          controlUrls: [controlUrl],
          metrics: options.metrics,
          createCaches: options.createCaches,
          corsOrigins: options.corsOrigins,
          streamMaxAge: options.streamMaxAge,
        });
        return { id, role: 'gateway', flags };
      }),
    ],
  };
}

/** 1 … `count` */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
