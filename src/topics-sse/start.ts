import type { JoinFrom } from '../shared/topics/link-frames.ts';
import type { TopicPosition } from '../shared/topics/position.ts';

/** Where a reader wants to begin in a topic. */
export type Start =
  /**
   * With what is published from now on. What came before may have been missed, which is said first, when the page is
   * another than `page`, or `missed` is set.
   */
  | { readonly kind: 'latest'; readonly page?: number; readonly missed?: boolean }
  /** With the oldest message that is kept. */
  | { readonly kind: 'earliest' }
  /** With the last so many messages that are kept. */
  | { readonly kind: 'tail'; readonly count: number }
  /** After a position; `page` null takes the number for one of the current page. */
  | { readonly kind: 'after'; readonly page: number | null; readonly sequence: number }
  /** After a position that nobody here gave out: something may have been missed, and what is kept follows. */
  | { readonly kind: 'unknown' };

/** The start that needs no less of the log than either. */
export function deepest(a: Start, b: Start): Start {
  if (a.kind === 'latest') return b;
  if (b.kind === 'latest') return a;
  if (a.kind === 'tail' && b.kind === 'tail') return a.count > b.count ? a : b;
  if (a.kind === 'after' && b.kind === 'after' && a.page === b.page) return a.sequence < b.sequence ? a : b;
  return { kind: 'earliest' };
}

/** What to ask a node for. */
export function joinOf(start: Start): { from: JoinFrom; position: TopicPosition } {
  switch (start.kind) {
    case 'latest':
      return { from: 'latest', position: { page: 0, sequence: 0 } };
    case 'tail':
      return { from: 'tail', position: { page: 0, sequence: start.count } };
    case 'after':
      if (start.page !== null) return { from: 'after', position: { page: start.page, sequence: start.sequence } };
      return { from: 'earliest', position: { page: 0, sequence: 0 } };
    case 'earliest':
    case 'unknown':
      return { from: 'earliest', position: { page: 0, sequence: 0 } };
  }
}
