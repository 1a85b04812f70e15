import type { PlannedRequest } from '../support/load-plan.ts';

/** What is measured on a subject. */
export const measures = ['get', 'put', 'multi_get_json', 'multi_get_cbor'] as const;
export type Measure = (typeof measures)[number];

/** A running service under load. */
export interface Subject {
  readonly id: string;
  readonly title: string;
  readonly port: number;
  /** The processes that do the work. Those called `gateway` are what is compared with a bare handler. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** The requests of each measure that it takes part in. `put` stores every key once per turn. */
  readonly loads: Partial<Readonly<Record<Measure, readonly PlannedRequest[]>>>;
}
