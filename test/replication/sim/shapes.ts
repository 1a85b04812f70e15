/** What a simulated fleet goes through. */
import type { NetworkOptions } from './network.ts';

export const shapeNames = ['mixed', 'lossy', 'moves', 'aimed'] as const;
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
}

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
  },
};
