/** What the API tells of a fleet, as far as the commands print it. */
export interface FleetNodeAnswer {
  readonly id: string;
  readonly zone: string;
  readonly state: string;
  readonly spare: boolean;
  readonly primaries: number;
  readonly copies: number;
  readonly learners: number;
  readonly memory_bytes: number | null;
  readonly memory_bytes_used: number | null;
  readonly operations_per_second: number | null;
  readonly heartbeat_age_ms: number | null;
  readonly not_serving: number;
}

export interface FleetAnswer {
  readonly view: number;
  readonly replication_factor: number;
  readonly nodes: readonly FleetNodeAnswer[];
  readonly slots: {
    readonly total: number;
    readonly under_replicated: number;
    readonly unserved: number;
    readonly moving: number;
  };
  readonly resets_total: number;
}

export interface PlanAnswer {
  readonly steps_total: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: readonly {
    readonly kind: string;
    readonly slot: number | null;
    readonly from: string | null;
    readonly to: string | null;
    readonly reason: string;
  }[];
}

export interface EventsAnswer {
  readonly events: readonly {
    readonly number: number;
    readonly at_ms: number;
    readonly kind: string;
    readonly node: string | null;
    readonly slots: number | null;
    readonly detail: string;
  }[];
}

/** Slots that a node has to do with, as primary, copy or learner: none of them when it may be stopped. */
export function slotsOf(node: FleetNodeAnswer): number {
  return node.primaries + node.copies + node.learners;
}
