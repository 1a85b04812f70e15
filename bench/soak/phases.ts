import { soakLimits } from './limits.ts';

/** A kind of values. */
export interface Sizes {
  readonly id: 'tiny' | 'small' | 'large' | 'jumbo';
  readonly valueBytesMin: number;
  readonly valueBytesMax: number;
  /** Operations under way at once. */
  readonly concurrency: number;
}

const tiny: Sizes = { id: 'tiny', valueBytesMin: 20, valueBytesMax: 100, concurrency: 256 };
const small: Sizes = { id: 'small', valueBytesMin: 100, valueBytesMax: 2_048, concurrency: 256 };
const large: Sizes = { id: 'large', valueBytesMin: 10_000, valueBytesMax: 200_000, concurrency: 48 };
const jumbo: Sizes = { id: 'jumbo', valueBytesMin: 500_000, valueBytesMax: 5_000_000, concurrency: 8 };

/** A stretch of the soak. Phases with the same place in the cycle follow the same sizes and can be compared. */
export interface Phase {
  /** Sizes, and which way they are changing. */
  readonly place: string;
  readonly sizes: Sizes;
}

/** From tiny to jumbo and back. */
export const cycle: readonly Phase[] = [
  { place: 'tiny', sizes: tiny },
  { place: 'small, growing', sizes: small },
  { place: 'large, growing', sizes: large },
  { place: 'jumbo', sizes: jumbo },
  { place: 'large, shrinking', sizes: large },
  { place: 'small, shrinking', sizes: small },
];

/** What fills the node before anything counts; also the sizes that a cycle ends with. */
export const filling = small;

/** The phases of a soak: whole cycles, and the first phase once more at the end. */
export function phasesOf(cycles: number): Phase[] {
  return [...Array.from({ length: cycles }, () => cycle).flat(), cycle[0]!];
}

/** Bytes of a value, drawn with `u` in [0, 1) so that each doubling is as likely as another. */
export function valueBytesOf({ valueBytesMin, valueBytesMax }: Sizes, u: number): number {
  return Math.floor(valueBytesMin * (valueBytesMax / valueBytesMin) ** u);
}

/** Keys of a phase: few times more than the memory holds. */
export function keyCount({ valueBytesMin, valueBytesMax }: Sizes, memoryBytes: number): number {
  const meanBytes = (valueBytesMax - valueBytesMin) / Math.log(valueBytesMax / valueBytesMin);
  const keys = (soakLimits.keySpaceFactor * memoryBytes) / (meanBytes + soakLimits.itemOverheadBytes);
  return Math.min(soakLimits.keysMax, Math.ceil(keys));
}
