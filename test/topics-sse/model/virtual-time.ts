import type { Clock } from '../../../src/shared/clock.ts';
import { Choices } from '../../api/fuzz/random.ts';

interface Event {
  readonly atMs: number;
  /** Decides between events of one moment. */
  readonly order: number;
  callback: (() => void) | null;
}

/** Longest that the end of an event loop's turn is from the event that asked for it, in ms. */
const turnMsMax = 0.3;

/**
 * Time that passes from event to event: one queue for the whole simulated fleet. What the code under test asks of
 * the event loop by a global, `setImmediate` and `queueMicrotask`, comes here too while `install` holds.
 */
export class VirtualTime {
  nowMs = 0;
  events = 0;
  readonly #random: Choices;
  readonly #heap: Event[] = [];
  readonly #microtasks: (() => void)[] = [];
  #order = 0;
  #turnEndsMs = 0;

  constructor(seed: number) {
    this.#random = new Choices(seed);
  }

  /** Calls back at a time; returns the way to cancel. */
  at(atMs: number, callback: () => void): () => void {
    const event: Event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, callback };
    this.#push(event);
    return () => {
      event.callback = null;
    };
  }

  after(ms: number, callback: () => void): () => void {
    return this.at(this.nowMs + ms, callback);
  }

  /** Calls back at the end of the turn: soon, in the order asked, and other events may come before. */
  immediate(callback: () => void): () => void {
    const laterMs = this.#random.chance(0.7) ? 0 : this.#random.next() * turnMsMax;
    this.#turnEndsMs = Math.max(this.#turnEndsMs, this.nowMs + laterMs);
    return this.at(this.#turnEndsMs, callback);
  }

  /** Runs what is due up to and at a time. */
  runUntil(endMs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.callback === null) continue;
      this.nowMs = next.atMs;
      this.events++;
      next.callback();
      this.settle();
    }
    this.nowMs = Math.max(this.nowMs, endMs);
  }

  /** Runs the microtasks that have been queued. */
  settle(): void {
    while (this.#microtasks.length > 0) this.#microtasks.shift()!();
  }

  /** Puts this time in the place of the process's event loop; returns the way back. */
  install(): () => void {
    const { setImmediate, queueMicrotask } = globalThis;
    const immediate = (callback: () => void): (() => void) => this.immediate(callback);
    globalThis.setImmediate = immediate as unknown as typeof setImmediate;
    globalThis.queueMicrotask = (callback) => this.#microtasks.push(callback);
    return () => {
      globalThis.setImmediate = setImmediate;
      globalThis.queueMicrotask = queueMicrotask;
    };
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** The clock and the timers of one process: its clocks are its own, and its timers die with it. */
export class ProcessTime implements Clock {
  readonly #time: VirtualTime;
  readonly #startMs: number;
  readonly #skewMs: number;
  readonly #open = new Set<object>();
  #alive = true;

  constructor(time: VirtualTime, startMs: number, skewMs: number) {
    this.#time = time;
    this.#startMs = startMs;
    this.#skewMs = skewMs;
  }

  /** Timers that have not gone off. */
  get timers(): number {
    return this.#open.size;
  }

  get alive(): boolean {
    return this.#alive;
  }

  monotonicMs(): number {
    return this.#startMs + this.#time.nowMs;
  }

  wallMs(): number {
    return Math.floor(1_767_225_600_000 + this.#skewMs + this.#time.nowMs);
  }

  readonly delay = (ms: number, callback: () => void): (() => void) => {
    const timer = {};
    this.#open.add(timer);
    const cancel = this.#time.after(ms, () => {
      this.#open.delete(timer);
      if (this.#alive) callback();
    });
    return () => {
      this.#open.delete(timer);
      cancel();
    };
  };

  readonly defer = (callback: () => void): void => {
    this.#time.immediate(() => {
      if (this.#alive) callback();
    });
  };

  kill(): void {
    this.#alive = false;
    this.#open.clear();
  }
}
