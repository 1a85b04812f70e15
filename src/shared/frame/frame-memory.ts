/** Where frames that are put together are kept. */
export interface FrameMemory {
  /** Memory of this size, with anything in it. */
  allocate(sizeBytes: number): Uint8Array;
  /** Hears that what was allocated, or a part of it that begins where it does, is needed no more. */
  release?(bytes: Uint8Array): void;
}
