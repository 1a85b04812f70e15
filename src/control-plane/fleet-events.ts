/**
 * What has happened to the fleet: the newest events, for operators, and each in the log as well.
 *
 * The leader holds them in memory, and the newest of them in one entry of the store, which it writes at most once in
 * `eventsStoreMs`: what is newer goes with a leader that is killed. A loss of data does not: it is stored in one
 * transaction with the view that makes it (`entryWith`), and outlasts what came after it.
 */
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/process.ts';
import type { Change, Fleet } from './fleet.ts';
import { type FleetEvent, type FleetEventKind, fleetEventSchema } from './fleet-answers.ts';
import { controlPlaneLimits } from './limits.ts';
import { entryKeys, parseRecord, storedEventsSchema } from './records.ts';
import type { CoordinationStore } from './store/coordination-store.ts';

type About = { readonly node?: string; readonly slots?: number };

const warned: ReadonlySet<FleetEventKind> = new Set(['node_silent', 'node_dead', 'failover', 'left_out']);

export class FleetEvents {
  readonly #clock: Clock;
  readonly #log: Log;
  /** Oldest first. */
  #events: FleetEvent[];
  #number: number;
  /** Number of the newest event in the store. */
  #storedNumber: number;
  #storedMs = Number.NEGATIVE_INFINITY;

  /** `former`: those that the leader before has left, oldest first. */
  constructor(clock: Clock, log: Log, former: readonly FleetEvent[] = []) {
    this.#clock = clock;
    this.#log = log;
    this.#events = [...former];
    this.#number = former.at(-1)?.number ?? 0;
    this.#storedNumber = this.#number;
  }

  /** The events in the store. Throws `StoreError`; an event of a kind that a later version has is passed over. */
  static async read(store: CoordinationStore): Promise<FleetEvent[]> {
    const entry = await store.get(entryKeys.events);
    if (!entry) return [];
    return parseRecord(storedEventsSchema, 'list of events', entry.value).flatMap((event) => {
      const parsed = fleetEventSchema.safeParse(event);
      return parsed.success ? [parsed.data] : [];
    });
  }

  record(kind: FleetEventKind, detail: string, about: About = {}): void {
    this.#events = kept([...this.#events, this.#next(kind, detail, about)], controlPlaneLimits.eventsMax);
    this.#number++;
    const fields = { event: kind, ...about };
    if (kind === 'reset') this.#log.error(fields, detail);
    else if (warned.has(kind)) this.#log.warn(fields, detail);
    else this.#log.info(fields, detail);
  }

  /** The newest `limit`, oldest first. */
  list(limit: number): FleetEvent[] {
    return this.#events.slice(-limit);
  }

  /** The entry with an event that is about to be recorded, for the transaction that makes it happen. */
  entryWith(kind: FleetEventKind, detail: string, about: About): { key: string; value: string } {
    return entryOf([...this.#events, this.#next(kind, detail, about)]);
  }

  /** Stores what the store does not have, unless it did so just now and `always` is not set. */
  async store(fleet: Fleet, { always = false }: { readonly always?: boolean } = {}): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#number === this.#storedNumber) return;
    if (!always && nowMs - this.#storedMs < controlPlaneLimits.eventsStoreMs) return;
    await fleet.change((): Change<null> => {
      const number = this.#number;
      const committed = () => {
        this.#storedNumber = number;
        this.#storedMs = nowMs;
      };
      return { answer: null, puts: [entryOf(this.#events)], committed };
    });
  }

  #next(kind: FleetEventKind, detail: string, about: About): FleetEvent {
    const { node = null, slots = null } = about;
    return { number: this.#number + 1, at_ms: this.#clock.wallMs(), kind, node, slots, detail };
  }
}

function entryOf(events: readonly FleetEvent[]): { key: string; value: string } {
  return { key: entryKeys.events, value: JSON.stringify(kept(events, controlPlaneLimits.eventsStored)) };
}

/** The newest `count`, in which the newest losses of data count before all else. */
function kept(events: readonly FleetEvent[], count: number): FleetEvent[] {
  if (events.length <= count) return [...events];
  const resets = events.filter(({ kind }) => kind === 'reset').slice(-controlPlaneLimits.resetEventsKept);
  const chosen = new Set(resets);
  for (let at = events.length - 1; at >= 0 && chosen.size < count; at--) {
    const event = events[at]!;
    // Of losses the newest are chosen already.
    if (event.kind !== 'reset') chosen.add(event);
  }
  return events.filter((event) => chosen.has(event));
}
