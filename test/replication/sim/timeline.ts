/** Virtual time: what happens next, in order. Events of the same moment happen in the order in which they were set. */
export class Timeline {
  #nowMs = 0;
  #count = 0;
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #actions: (() => void)[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events there were. */
  get events(): number {
    return this.#count - this.#times.length;
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.#nowMs + delayMs, action);
  }

  at(timeMs: number, action: () => void): void {
    let place = this.#times.length;
    const order = this.#count++;
    this.#times.push(timeMs);
    this.#orders.push(order);
    this.#actions.push(action);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.#times[parent]! <= timeMs) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#put(place, timeMs, order, action);
  }

  /** Lets time pass up to this moment. */
  runUntil(endMs: number): void {
    while (this.#times.length > 0 && this.#times[0]! <= endMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#times[0]!);
      this.#take()();
    }
    this.#nowMs = endMs;
  }

  #take(): () => void {
    const first = this.#actions[0]!;
    const [timeMs, order, action] = [this.#times.pop()!, this.#orders.pop()!, this.#actions.pop()!];
    const size = this.#times.length;
    if (size === 0) return first;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.#isBefore(child + 1, this.#times[child]!, this.#orders[child]!)) child++;
      if (!this.#isBefore(child, timeMs, order)) break;
      this.#move(child, place);
      place = child;
    }
    this.#put(place, timeMs, order, action);
    return first;
  }

  #isBefore(place: number, timeMs: number, order: number): boolean {
    return this.#times[place]! < timeMs || (this.#times[place]! === timeMs && this.#orders[place]! < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#actions[from]!);
  }

  #put(place: number, timeMs: number, order: number, action: () => void): void {
    this.#times[place] = timeMs;
    this.#orders[place] = order;
    this.#actions[place] = action;
  }
}
