/** What has happened to the fleet: the newest events, for operators, and each in the log as well. */
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/process.ts';
import type { FleetEvent, FleetEventKind } from './fleet-answers.ts';
import { controlPlaneLimits } from './limits.ts';

export class FleetEvents {
  readonly #clock: Clock;
  readonly #log: Log;
  /** Oldest first; at the bound the oldest goes. */
  readonly #events: FleetEvent[] = [];
  #number = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  record(kind: FleetEventKind, detail: string, about: { node?: string; slots?: number } = {}): void {
    const { node = null, slots = null } = about;
    const event = { number: ++this.#number, at_ms: this.#clock.wallMs(), kind, node, slots, detail };
    this.#events.push(event);
    if (this.#events.length > controlPlaneLimits.eventsMax) this.#events.shift();
    const fields = { event: kind, ...about };
    if (kind === 'reset') this.#log.error(fields, detail);
    else if (kind === 'node_silent' || kind === 'node_dead' || kind === 'failover') this.#log.warn(fields, detail);
    else this.#log.info(fields, detail);
  }

  /** The newest `limit`, oldest first. */
  list(limit: number): FleetEvent[] {
    return this.#events.slice(-limit);
  }
}
