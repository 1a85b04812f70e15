/**
 * Checker of linearizability: whether the operations on each key can be put in one order that respects real time and
 * in which each has the outcome that its client saw. Wing and Gong's search as Lowe improved it (Testing for
 * linearizability, 2017; Horn and Kroening 2015): depth first, with the pairs of what is ordered so far and the
 * state that it leaves remembered. Keys are checked one by one, as linearizability is local.
 *
 * An unknown operation may be put anywhere after its invocation, or be left out. Since leaving out is always allowed,
 * a history is tried first without the unknown puts whose value nobody saw: most of them never matter, and each doubles
 * the search. And of unknown operations that do the same, increments by the same amount or deletes, one is only put
 * somewhere after all that were invoked before it: where a later one fits, the earlier one does. A search that takes
 * more than its steps ends as `undecided`.
 *
 * Where values may go by themselves (`lifetimes.ts`), an operation may find its key missing although it was neither
 * deleted nor lost, and a later one may find it again: each copy forgets for itself. Only a write ends that.
 */
import type { HistoryEntry } from './history.ts';
import { type Lifetimes, noLifetimes } from './lifetimes.ts';

export type Verdict =
  | { readonly kind: 'legal' }
  /** `entries`: all of the key, by invocation. `ordered`: the most of them that any order had. */
  | {
      readonly kind: 'illegal';
      readonly key: string;
      readonly entries: readonly HistoryEntry[];
      readonly ordered: number;
    }
  | { readonly kind: 'undecided'; readonly key: string; readonly entries: readonly HistoryEntry[] };

export interface CheckOptions {
  /** Steps of the first search of a key; a key that is undecided after it is tried again with a hundred times as many. */
  readonly stepsMax?: number;
  /** When values may be missing, and when they must be; none do so by themselves when absent. */
  readonly lifetimes?: Lifetimes;
}

const stepsMaxDefault = 200_000;
const stepsMaxFactor = 100;

/** The verdict on the whole history: that on the first key which is not legal, or `legal`. */
export function checkHistory(history: readonly HistoryEntry[], options: CheckOptions = {}): Verdict {
  const byKey = Map.groupBy(history, ({ key }) => key);
  let undecided: Verdict | null = null;
  for (const [key, entries] of byKey) {
    const verdict = checkKey(key, entries, options.stepsMax ?? stepsMaxDefault, options.lifetimes ?? noLifetimes);
    if (verdict.kind === 'illegal') return verdict;
    if (verdict.kind === 'undecided') undecided ??= verdict;
  }
  return undecided ?? { kind: 'legal' };
}

function checkKey(key: string, all: readonly HistoryEntry[], stepsMax: number, lifetimes: Lifetimes): Verdict {
  const entries = all
    .filter(({ operation, outcome }) => {
      return outcome.kind === 'done' || (outcome.kind === 'unknown' && operation.kind !== 'get');
    })
    .toSorted((a, b) => a.invokeMs - b.invokeMs);
  const fewer = withoutUnseen(entries);
  for (const steps of [stepsMax, stepsMax * stepsMaxFactor]) {
    if (fewer.length < entries.length && new Search(fewer, lifetimes).run(steps) === 'legal') return { kind: 'legal' };
    const search = new Search(entries, lifetimes);
    const verdict = search.run(steps);
    if (verdict === 'legal') return { kind: 'legal' };
    if (verdict === 'illegal') return { kind: 'illegal', key, entries, ordered: search.orderedMost };
  }
  return { kind: 'undecided', key, entries };
}

/** Without the unknown operations that write a value which nobody saw. */
function withoutUnseen(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const seen = new Set<string | null>();
  for (const { operation, outcome } of entries) {
    if (outcome.kind !== 'done') continue;
    if (outcome.value !== undefined) seen.add(outcome.value);
    if (operation.kind === 'compare_and_put' && outcome.applied) seen.add(operation.expected);
  }
  return entries.filter(({ operation, outcome }) => {
    return outcome.kind === 'done' || !('value' in operation) || seen.has(operation.value);
  });
}

/** What a key holds; null: it is missing. */
type State = string | null;
const impossible = Symbol('impossible');
/** The key is left as it was. */
const same = Symbol('same');
type Step = State | typeof impossible | typeof same;

/** What an operation that had this outcome left of what it found, or that it cannot have had it. */
function step(found: State, { operation, outcome }: HistoryEntry): Step {
  const done = outcome.kind === 'done' ? outcome : null;
  switch (operation.kind) {
    case 'get':
      return done!.value === found ? same : impossible;
    case 'put':
      return operation.value;
    case 'delete':
      return done?.applied === undefined || done.applied === (found !== null) ? null : impossible;
    case 'increment': {
      const sum = String(Number(found ?? 0) + operation.amount);
      return done === null || done.value === undefined || done.value === sum ? sum : impossible;
    }
    case 'put_if_absent':
      return conditional(found === null, operation.value, done?.applied);
    case 'compare_and_put':
      return conditional(found === operation.expected, operation.value, done?.applied);
  }
}

function conditional(holds: boolean, value: string, applied?: boolean): Step {
  if (applied !== undefined && applied !== holds) return impossible;
  return holds ? value : same;
}

/** The states that there may be after an operation: it found what was there or, where that may go by itself, nothing. */
function statesAfter(state: State, entry: HistoryEntry, lifetimes: Lifetimes): State[] {
  const states: State[] = [];
  const find = (found: State): void => {
    const next = step(found, entry);
    if (next === impossible) return;
    const left = next === same ? state : next;
    if (!states.includes(left)) states.push(left);
  };
  if (state === null) find(null);
  else {
    const { missingFromMs, goneAfterMs } = lifetimes.of(entry.key, state);
    if (entry.invokeMs <= goneAfterMs) find(state);
    const endMs = entry.outcome.kind === 'done' ? entry.returnMs : Number.POSITIVE_INFINITY;
    if (missingFromMs <= endMs && missingFromMs < Number.POSITIVE_INFINITY) find(null);
  }
  return states;
}

/** A call or a return in the list of what is not ordered yet. */
interface Point {
  readonly index: number;
  readonly isCall: boolean;
  /** Of a call: its return, or null of an operation that may be left out. */
  ending: Point | null;
  previous: Point | null;
  next: Point | null;
}

/** An operation in the order, the state before it, and those that it may have left instead. */
interface Placed {
  readonly point: Point;
  readonly state: State;
  readonly others: readonly State[];
}

/** The search over the entries of one key. */
class Search {
  readonly #entries: readonly HistoryEntry[];
  readonly #lifetimes: Lifetimes;
  readonly #head: Point = { index: -1, isCall: false, ending: null, previous: null, next: null };
  readonly #tried = new Set<string>();
  readonly #set: OrderedSet;
  /** Of each unknown operation the one before it that does the same; -1: none. */
  readonly #twins: Int32Array;
  /** How many losses have to be ordered before each operation: those of older data epochs; -1: any number. */
  readonly #lossesBefore: Int32Array;
  /** How many are. */
  #losses = 0;
  readonly #path: Placed[] = [];
  #state: State = null;
  /** How many operations have to be ordered yet. */
  #required = 0;
  orderedMost = 0;

  constructor(entries: readonly HistoryEntry[], lifetimes: Lifetimes) {
    this.#entries = entries;
    this.#lifetimes = lifetimes;
    this.#lossesBefore = lossesBefore(entries);
    this.#set = new OrderedSet(entries.length);
    this.#twins = twinsOf(entries);
    const points: { atMs: number; point: Point }[] = [];
    for (const [index, { invokeMs, returnMs, outcome }] of entries.entries()) {
      const call: Point = { index, isCall: true, ending: null, previous: null, next: null };
      points.push({ atMs: invokeMs, point: call });
      if (outcome.kind !== 'done') continue;
      this.#required++;
      call.ending = { index, isCall: false, ending: null, previous: null, next: null };
      points.push({ atMs: returnMs, point: call.ending });
    }
    // At the same moment calls come first: operations that touch are concurrent.
    points.sort((a, b) => a.atMs - b.atMs || Number(b.point.isCall) - Number(a.point.isCall));
    let last = this.#head;
    for (const { point } of points) {
      last.next = point;
      point.previous = last;
      last = point;
    }
  }

  run(stepsMax: number): 'legal' | 'illegal' | 'undecided' {
    let point = this.#head.next;
    for (let steps = 0; this.#required > 0; steps++) {
      if (steps >= stepsMax) return 'undecided';
      if (point?.isCall) {
        point = this.#place(point, this.#statesAfter(point.index)) ? this.#head.next : point.next;
        continue;
      }
      // Here ends an operation that is not ordered: the last one that is was the wrong choice, or found something else.
      const last = this.#path.pop();
      if (last === undefined) return 'illegal';
      this.#putBack(last.point);
      this.#state = last.state;
      point = this.#place(last.point, last.others) ? this.#head.next : last.point.next;
    }
    return 'legal';
  }

  /** The states that the operation may leave if it comes next. */
  #statesAfter(index: number): State[] {
    const twin = this.#twins[index]!;
    const losses = this.#lossesBefore[index]!;
    if ((twin >= 0 && !this.#set.has(twin)) || (losses >= 0 && losses !== this.#losses)) return [];
    return statesAfter(this.#state, this.#entries[index]!, this.#lifetimes);
  }

  /** Orders the operation next, with the first of these states after it that has not been tried; false: with none. */
  #place(point: Point, states: readonly State[]): boolean {
    const first = states.findIndex((state) => this.#isNew(point.index, state));
    if (first < 0) return false;
    this.#path.push({ point, state: this.#state, others: states.slice(first + 1) });
    this.orderedMost = Math.max(this.orderedMost, this.#path.length);
    this.#state = states[first]!;
    this.#take(point);
    return true;
  }

  /** Adds the operation to the ordered ones unless that set has been tried with that state. */
  #isNew(index: number, state: State): boolean {
    this.#set.add(index);
    const key = this.#set.key() + (state === null ? '' : `=${state}`);
    if (!this.#tried.has(key)) {
      this.#tried.add(key);
      return true;
    }
    this.#set.remove(index);
    return false;
  }

  #take(call: Point): void {
    if (this.#entries[call.index]!.endsDataEpoch !== undefined) this.#losses++;
    unlink(call);
    if (call.ending === null) return;
    unlink(call.ending);
    this.#required--;
  }

  #putBack(call: Point): void {
    if (this.#entries[call.index]!.endsDataEpoch !== undefined) this.#losses--;
    this.#set.remove(call.index);
    if (call.ending !== null) {
      link(call.ending);
      this.#required++;
    }
    link(call);
  }
}

function twinsOf(entries: readonly HistoryEntry[]): Int32Array {
  const twins = new Int32Array(entries.length).fill(-1);
  const last = new Map<string, number>();
  for (const [index, { operation, outcome }] of entries.entries()) {
    if (outcome.kind === 'done' || (operation.kind !== 'increment' && operation.kind !== 'delete')) continue;
    const name = operation.kind === 'increment' ? `increment ${operation.amount}` : 'delete';
    twins[index] = last.get(name) ?? -1;
    last.set(name, index);
  }
  return twins;
}

function lossesBefore(entries: readonly HistoryEntry[]): Int32Array {
  const ended = entries.flatMap(({ endsDataEpoch }) => (endsDataEpoch === undefined ? [] : [endsDataEpoch]));
  return Int32Array.from(entries, ({ outcome, endsDataEpoch }) => {
    const dataEpoch = endsDataEpoch ?? (outcome.kind === 'done' ? outcome.dataEpoch : undefined);
    return dataEpoch === undefined ? -1 : ended.filter((each) => each < dataEpoch).length;
  });
}

function unlink(point: Point): void {
  point.previous!.next = point.next;
  if (point.next !== null) point.next.previous = point.previous;
}

/** Undoes `unlink`, in the reverse order. */
function link(point: Point): void {
  point.previous!.next = point;
  if (point.next !== null) point.next.previous = point;
}

/** Bits of a word of a set: as many as one UTF-16 unit of its key. */
const wordBits = 16;
const fullWord = (1 << wordBits) - 1;

/** A set of indices with a short key: most of what is ordered is the beginning of the history. */
class OrderedSet {
  readonly #words: Uint16Array;
  /** All words below are full. */
  #low = 0;
  /** All words above are empty. */
  #high = 0;

  constructor(size: number) {
    this.#words = new Uint16Array(Math.ceil(size / wordBits) + 1);
  }

  has(index: number): boolean {
    return (this.#words[index >>> 4]! & (1 << (index & 15))) !== 0;
  }

  add(index: number): void {
    const word = index >>> 4;
    this.#words[word]! |= 1 << (index & 15);
    if (word > this.#high) this.#high = word;
    while (this.#words[this.#low] === fullWord) this.#low++;
  }

  remove(index: number): void {
    const word = index >>> 4;
    this.#words[word]! &= ~(1 << (index & 15));
    if (word < this.#low) this.#low = word;
    while (this.#high > 0 && this.#words[this.#high] === 0) this.#high--;
  }

  /** Differs for each two sets. */
  key(): string {
    let key = `${this.#low}:`;
    for (let word = this.#low; word <= this.#high; word++) key += String.fromCharCode(this.#words[word]!);
    return key;
  }
}
