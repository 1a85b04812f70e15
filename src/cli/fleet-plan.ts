import { configurationError } from './cli-error.ts';
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
  readonly sharesPorts: boolean;
}

/**
 * Copies of a slot: as asked, else two, or one where there is one zone.
 * @throws CliError (exit code 2) for more copies than there are zones
 */
export function replicationFactorOf(asked: number | undefined, zones: readonly string[]): number {
  if (asked === undefined) return Math.min(2, zones.length);
  if (asked <= zones.length) return asked;
  throw configurationError(
    `bad --replication-factor: copies are in different zones, so ${asked} need as many zones, and --zones names ${zones.length}`,
  );
}

/** The processes that `godwit start` runs, each with its flags. */
export function planFleet(options: OptionsOf<'start'>, facts: FleetFacts): FleetPlan {
  const { logLevel, logFormat, drainTimeout, internalHost } = options;
  const shared = { logLevel, logFormat, drainTimeout, internalHost };
  const nodeCount = options.zones.length * options.nodesPerZone;
  const node = (controlUrl: string, zone: string, number: number, spare: boolean): ChildPlan => {
    const id = `${zone}-${number}`;
    const flags = toFlags('storage', {
      ...shared,
      nodeId: id,
      zone,
      spare,
      memory: facts.nodeMemoryBytes,
      evictionPolicy: options.evictionPolicy,
      controlUrls: [controlUrl],
      internalPort: 0,
    });
    return { id, role: 'storage', flags };
  };
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
        replicationFactor: replicationFactorOf(options.replicationFactor, options.zones),
      }),
      // later lives of the control plane find the storage nodes alive
      firstFlags: toFlags('control', { nodesStartAnew: true }),
    },
    others: (controlUrl) => [
      ...options.zones.flatMap((zone) =>
        numbers(options.nodesPerZone + options.sparesPerZone).map((number) =>
          node(controlUrl, zone, number, number > options.nodesPerZone),
        ),
      ),
      ...numbers(facts.gateways).map((number): ChildPlan => {
        const id = `gateway-${number}`;
        const flags = toFlags('gateway', {
          ...shared,
          nodeId: id,
          zone: options.zones[(number - 1) % options.zones.length]!,
          host: options.host,
          port: facts.publicPort,
          // a lone gateway's successor listens beside it
          reusePort: facts.sharesPorts,
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
    node: (controlUrl, zone, taken) => {
      if (!options.zones.includes(zone)) return undefined;
      let number = options.nodesPerZone + options.sparesPerZone + 1;
      while (taken.includes(`${zone}-${number}`)) number += 1;
      return node(controlUrl, zone, number, false);
    },
  };
}

/** 1 … `count` */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
