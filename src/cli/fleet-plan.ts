import { configurationError } from './cli-error.ts';
import type { OptionsOf } from './options.ts';
import { toFlags } from './parse-options.ts';
import type { AddedNode } from './supervisor/added-nodes.ts';
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
  /** Nodes beyond those of the options; see `addedNodesOf`. */
  readonly addedNodes: readonly AddedNode[];
}

/** Those of the remembered nodes that start with these options: in zones of the fleet, and not of the options already. */
export function addedNodesOf(options: OptionsOf<'start'>, remembered: readonly AddedNode[]): readonly AddedNode[] {
  const planned = new Set(nodePlaces(options).map(({ id }) => id));
  return remembered.filter(({ id, zone }) => options.zones.includes(zone) && !planned.has(id));
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

/** @throws CliError (exit code 2) for a target that no spare is there for */
function spareTargetsOf({ sparesPerZone, spareMemoryTarget, spareLoadTarget }: OptionsOf<'start'>) {
  const given = spareMemoryTarget !== undefined ? 'memory' : spareLoadTarget !== undefined ? 'load' : undefined;
  if (given !== undefined && sparesPerZone === 0) {
    throw configurationError(`bad --spare-${given}-target: there is no spare to take; give --spares-per-zone as well`);
  }
  return {
    ...(spareMemoryTarget === undefined ? {} : { spareMemoryTarget }),
    ...(spareLoadTarget === undefined ? {} : { spareLoadTarget }),
  };
}

/**
 * The processes that `godwit start` runs, each with its flags.
 * @throws CliError (exit code 2) for options that do not go together
 */
export function planFleet(options: OptionsOf<'start'>, facts: FleetFacts): FleetPlan {
  return {
    control: {
      id: 'control',
      role: 'control',
      flags: toFlags('control', {
        ...sharedOptions(options),
        nodeId: 'control',
        dataDir: facts.dataDir,
        internalPort: facts.controlPort,
        expectedNodes: options.zones.length * options.nodesPerZone + facts.addedNodes.length,
        replicationFactor: replicationFactorOf(options.replicationFactor, options.zones),
        ...spareTargetsOf(options),
      }),
      // later lives of the control plane find the storage nodes alive
      firstFlags: toFlags('control', { nodesStartAnew: true }),
    },
    others: (controlUrl) => [
      ...nodePlaces(options).map((place) => planNode(options, facts, controlUrl, place)),
      ...facts.addedNodes.map((node) => planNode(options, facts, controlUrl, { ...node, spare: false })),
      ...numbers(facts.gateways).map((number) => planGateway(options, facts, controlUrl, number)),
    ],
    zones: options.zones,
    node: (controlUrl, zone, taken) => {
      if (!options.zones.includes(zone)) return undefined;
      let number = nodesOfZone(options) + 1;
      while (taken.includes(nodeId(zone, number))) number += 1;
      return planNode(options, facts, controlUrl, { id: nodeId(zone, number), zone, spare: false });
    },
  };
}

function sharedOptions({ logLevel, logFormat, drainTimeout, internalHost }: OptionsOf<'start'>) {
  return { logLevel, logFormat, drainTimeout, internalHost };
}

interface NodePlace extends AddedNode {
  readonly spare: boolean;
}

function nodeId(zone: string, number: number): string {
  return `${zone}-${number}`;
}

function nodesOfZone({ nodesPerZone, sparesPerZone }: OptionsOf<'start'>): number {
  return nodesPerZone + sparesPerZone;
}

/** The storage nodes that the options ask for. */
function nodePlaces(options: OptionsOf<'start'>): NodePlace[] {
  return options.zones.flatMap((zone) =>
    numbers(nodesOfZone(options)).map((number) => ({
      id: nodeId(zone, number),
      zone,
      spare: number > options.nodesPerZone,
    })),
  );
}

function planNode(options: OptionsOf<'start'>, facts: FleetFacts, controlUrl: string, place: NodePlace): ChildPlan {
  const { id, zone, spare } = place;
  const flags = toFlags('storage', {
    ...sharedOptions(options),
    nodeId: id,
    zone,
    spare,
    memory: facts.nodeMemoryBytes,
    evictionPolicy: options.evictionPolicy,
    controlUrls: [controlUrl],
    internalPort: 0,
  });
  return { id, role: 'storage', flags };
}

function planGateway(options: OptionsOf<'start'>, facts: FleetFacts, controlUrl: string, number: number): ChildPlan {
  const id = `gateway-${number}`;
  const flags = toFlags('gateway', {
    ...sharedOptions(options),
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
}

/** 1 … `count` */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
