/** What a simulated fleet goes through. */
import type { NetworkOptions } from './network.ts';

export const shapeNames = ['mixed', 'lossy', 'moves', 'aimed', 'memory', 'leaders'] as const;
export type ShapeName = (typeof shapeNames)[number];

export interface Shape {
  readonly name: ShapeName;
  /** Virtual ms with faults; healing, and the checks after it, come on top. */
  readonly faultsMs: number;
  /** Pause between two faults, at most. */
  readonly gapMs: number;
  readonly network: NetworkOptions;
  /** Pause between two planned moves, at most; 0: none. */
  readonly moveGapMs: number;
  /** Part of the requests in whose middle the process stands still. */
  readonly stallShare: number;
  /** One of these is how long a client waits, as a whole run has it. */
  readonly timeoutsMs: readonly number[];
  /** Faults at the moments that matter, beside those at random. */
  readonly isAimed: boolean;
  /** Pause between two evictions at each node, at most; 0: none. */
  readonly evictGapMs: number;
  /** Part of the items of a primary that a copy has no room for. */
  readonly noRoomShare: number;
  /** Part of the attempts of a copy to keep an item that fail, where the item must not be dropped. */
  readonly fullShare: number;
  /** Part of the writes whose items expire, and after how long at most. */
  readonly ttlShare: number;
  readonly ttlMsMax: number;
  /** Pause between two changes of the control plane's leader, at most; 0: none. */
  readonly leaderGapMs: number;
  /** Whether the control plane holds back nodes that come and go often. */
  readonly damps: boolean;
  /** Part of the registrations that stand somewhere for some seconds before they arrive, whatever becomes of their process. */
  readonly standingShare: number;
}

/** Memory for everything, and one leader. */
const ample = {
  evictGapMs: 0,
  noRoomShare: 0,
  fullShare: 0,
  ttlShare: 0,
  ttlMsMax: 0,
  leaderGapMs: 0,
  damps: false,
  standingShare: 0,
};

const calmNetwork: NetworkOptions = { delayMs: 2, slowShare: 0.02, slowMs: 30, breakShare: 0 };

export const shapes: Readonly<Record<ShapeName, Shape>> = {
  mixed: {
    name: 'mixed',
    faultsMs: 8_000,
    gapMs: 1_500,
    network: calmNetwork,
    moveGapMs: 3_000,
    stallShare: 0.002,
    timeoutsMs: [400, 1_500, 5_000],
    isAimed: false,
    ...ample,
  },
  lossy: {
    name: 'lossy',
    faultsMs: 6_000,
    gapMs: 700,
    network: { delayMs: 5, slowShare: 0.12, slowMs: 250, breakShare: 0.01 },
    moveGapMs: 3_000,
    stallShare: 0.004,
    timeoutsMs: [400, 1_500, 5_000],
    isAimed: false,
    ...ample,
    damps: true,
    standingShare: 0.3,
  },
  moves: {
    name: 'moves',
    faultsMs: 6_000,
    gapMs: 3_000,
    network: calmNetwork,
    moveGapMs: 400,
    stallShare: 0.001,
    timeoutsMs: [400, 1_500, 5_000],
    isAimed: false,
    ...ample,
  },
  aimed: {
    name: 'aimed',
    faultsMs: 7_000,
    gapMs: 2_000,
    network: { ...calmNetwork, breakShare: 0.001 },
    moveGapMs: 900,
    stallShare: 0.004,
    timeoutsMs: [400, 5_000, 5_000],
    isAimed: true,
    ...ample,
  },
  memory: {
    name: 'memory',
    faultsMs: 7_000,
    gapMs: 1_500,
    network: calmNetwork,
    moveGapMs: 500,
    stallShare: 0.002,
    timeoutsMs: [400, 1_500, 5_000],
    isAimed: true,
    ...ample,
    evictGapMs: 120,
    noRoomShare: 0.01,
    fullShare: 0.002,
    ttlShare: 0.3,
    ttlMsMax: 1_500,
  },
  leaders: {
    name: 'leaders',
    faultsMs: 8_000,
    gapMs: 1_500,
    network: { ...calmNetwork, breakShare: 0.001 },
    moveGapMs: 900,
    stallShare: 0.002,
    timeoutsMs: [400, 1_500, 5_000],
    isAimed: true,
    ...ample,
    leaderGapMs: 2_000,
    damps: true,
  },
};
