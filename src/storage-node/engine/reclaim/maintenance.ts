/**
 * The background work, a bounded piece at a time: expired segments, then items of dropped namespaces, then
 * compaction when memory is short, then a table that has become too large. What is left of a segment is picked
 * up by the next call.
 */
import type { Items } from '../item/items.ts';
import { engineLimits } from '../options.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { holdsRecords } from '../segments/segments.ts';
import type { Reclaimer } from './reclaimer.ts';
import type { Sweeper } from './sweeper.ts';

export class Maintenance {
  readonly #items: Items;
  readonly #reclaimer: Reclaimer;
  readonly #sweeper: Sweeper;
  /** The expired segment that is being emptied, and where in it. */
  #expiring: SegmentId = noSegment;
  #expiringSerial = 0;
  #expiringWord = 0;
  /** The sweep for dropped namespaces: next segment, and where in it. */
  #sweeping = false;
  #sweepSegment: SegmentId = 0;
  #sweepSerial = 0;
  #sweepWord = 0;

  constructor(items: Items, reclaimer: Reclaimer, sweeper: Sweeper) {
    this.#items = items;
    this.#reclaimer = reclaimer;
    this.#sweeper = sweeper;
  }

  /** Whether more is waiting. */
  run(nowMs: number): boolean {
    let units = this.#expire(nowMs, engineLimits.maintainUnits);
    if (units > 0) units = this.#sweep(nowMs, units);
    if (units > 0) this.#compact(nowMs);
    const shrinking = units > 0 && this.#shrinkTable();
    const { segments, namespaces } = this.#items;
    return (
      shrinking || units <= 0 || this.#sweeping || namespaces.sweepDue || segments.firstExpired(nowMs) !== noSegment
    );
  }

  #expire(nowMs: number, budget: number): number {
    const { segments } = this.#items;
    let units = budget;
    while (units > 0) {
      if (this.#expiring === noSegment || segments.serial[this.#expiring] !== this.#expiringSerial) {
        this.#expiring = segments.firstExpired(nowMs);
        if (this.#expiring === noSegment) return units;
        this.#expiringSerial = segments.serial[this.#expiring]!;
        this.#expiringWord = 0;
      }
      this.#expiringWord = this.#sweeper.sweep(this.#expiring, this.#expiringWord, nowMs, units);
      units = this.#sweeper.unitsLeft;
      if (this.#expiringWord === -1) this.#expiring = noSegment;
    }
    return units;
  }

  #sweep(nowMs: number, budget: number): number {
    const { segments, namespaces } = this.#items;
    let units = budget;
    if (!this.#sweeping) {
      if (!namespaces.sweepDue) return units;
      namespaces.sweepBegins();
      this.#sweeping = true;
      this.#sweepSegment = 0;
      this.#sweepWord = 0;
    }
    while (units > 0 && this.#sweepSegment < segments.ids) {
      const segment = this.#sweepSegment;
      if (this.#sweepWord > 0 && segments.serial[segment] !== this.#sweepSerial) this.#sweepWord = -1;
      else if (holdsRecords(segments.state[segment]!)) {
        this.#sweepSerial = segments.serial[segment]!;
        this.#sweepWord = this.#sweeper.sweep(segment, this.#sweepWord, nowMs, units);
        units = this.#sweeper.unitsLeft;
      } else this.#sweepWord = -1;
      units--;
      if (this.#sweepWord !== -1) continue;
      this.#sweepSegment++;
      this.#sweepWord = 0;
    }
    if (this.#sweepSegment === segments.ids) {
      this.#sweeping = false;
      namespaces.sweepEnds();
    }
    return units;
  }

  #compact(nowMs: number): void {
    const { segments } = this.#items;
    if (segments.free > segments.total * engineLimits.compactFreeShareMax) return;
    if (segments.free < engineLimits.spareSegments) return;
    this.#reclaimer.compact(nowMs);
  }

  /** Whether more is to be done of it. */
  #shrinkTable(): boolean {
    const { table } = this.#items;
    for (let i = 0; i < engineLimits.tableShrinkSteps; i++) if (!table.shrinkDue || !table.shrink()) return false;
    return table.shrinkDue;
  }
}
