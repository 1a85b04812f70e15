/** Bounds of one batch inside the gateway, beside those of the API in `shared/limits.ts`. */
export const batchLimits = {
  /**
   * Operations of one batch under way at once. Enough to fill a frame per node; few enough that a batch whose
   * answer is full stops soon.
   */
  operationsInFlightMax: 256,
} as const;
