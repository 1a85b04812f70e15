import type { EventFormat } from '../../../src/topics-sse/topic-message.ts';

export interface ReaderShape {
  readonly kind: 'stream' | 'several' | 'prefix' | 'poll';
  /** Numbers of topics: one, for `stream` and `poll`; none for `prefix`. */
  readonly topics: readonly number[];
  readonly prefix: string;
  readonly format: EventFormat;
  readonly checkpoints: boolean;
  /** As the parameter `start`. */
  readonly start: string;
  /** Bytes that it reads at once, about every `latencyMs`. */
  readonly chunkBytesMax: number;
  readonly latencyMs: number;
  /** Time that its polls wait, in ms. */
  readonly waitMs: number;
}

/** How a reader comes back: where it was, anew, or with an id that nobody gave out. */
export type Return = 'resume' | 'fresh' | 'garbage';

/** One thing that happens. Readers are numbered as they open; what names something that is not there does nothing. */
export type Step = { readonly atMs: number } & (
  | {
      readonly kind: 'publish';
      readonly topic: number;
      readonly count: number;
      readonly bytes: number;
      readonly binary: boolean;
    }
  | { readonly kind: 'open'; readonly reader: ReaderShape }
  /** `back`: it comes back with the id before the last so many. */
  | {
      readonly kind: 'cut';
      readonly reader: number;
      readonly back: number;
      readonly downMs: number;
      readonly how: Return;
    }
  /** A stream of several topics comes back with others. */
  | { readonly kind: 'retopic'; readonly reader: number; readonly topics: readonly number[] }
  | { readonly kind: 'stall'; readonly reader: number; readonly ms: number }
  | { readonly kind: 'close'; readonly reader: number }
  | { readonly kind: 'sever'; readonly gateway: number; readonly node: number }
  | { readonly kind: 'stallLinks'; readonly gateway: number; readonly node: number; readonly ms: number }
  | { readonly kind: 'blackHole'; readonly gateway: number; readonly node: number }
  | { readonly kind: 'killGateway'; readonly gateway: number; readonly downMs: number; readonly drain: boolean }
  | { readonly kind: 'killNode'; readonly node: number; readonly downMs: number }
  | { readonly kind: 'move'; readonly topic: number; readonly node: number }
  /** Another copy of the topic's slot is its primary from now on, and has all. */
  | { readonly kind: 'handOver'; readonly topic: number }
  /** A node stands still, and is declared silent. */
  | { readonly kind: 'silence'; readonly node: number; readonly ms: number }
  | { readonly kind: 'deleteCache'; readonly downMs: number }
);
