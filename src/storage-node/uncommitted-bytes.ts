/** Bytes of results that wait for the acknowledgement of copies, by slot and in order. */
export class UncommittedBytes {
  readonly #bySlot = new Map<number, { readonly sequence: number; readonly bytes: number }[]>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Whether any result of the slot waits. */
  has(slot: number): boolean {
    return this.#bySlot.has(slot);
  }

  add(slot: number, sequence: number, bytes: number): void {
    this.#total += bytes;
    const entries = this.#bySlot.get(slot);
    if (entries === undefined) this.#bySlot.set(slot, [{ sequence, bytes }]);
    else entries.push({ sequence, bytes });
  }

  committed(slot: number, sequence: number): void {
    const entries = this.#bySlot.get(slot);
    if (entries === undefined) return;
    let count = 0;
    while (count < entries.length && entries[count]!.sequence <= sequence) this.#total -= entries[count++]!.bytes;
    if (count === entries.length) this.#bySlot.delete(slot);
    else entries.splice(0, count);
  }

  lost(slot: number): void {
    this.committed(slot, Number.POSITIVE_INFINITY);
  }
}
