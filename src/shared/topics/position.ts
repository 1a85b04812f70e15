/** The position of a message in a topic: sequence page and sequence number. */
export interface TopicPosition {
  /** Instance of the topic's log; grows when the log was lost and restarted. Below 2^53. */
  readonly page: number;
  /** Number of the message in its page, from 1. Below 2^53; 0 stands for "before the first". */
  readonly sequence: number;
}

/**
 * Pages of one data epoch of a slot: a topic that is forgotten and comes back within it takes a later one. At one
 * a ten minutes (`nodeLimits.topicIdleMs`) they last for twenty years, and data epochs up to 2^32 keep pages below
 * 2^53.
 */
export const pagesPerDataEpoch = 2 ** 20;

/** The page that a topic gets in a data epoch whose slot has given up `given` pages. */
export function sequencePage(dataEpoch: number, given: number): number {
  return dataEpoch * pagesPerDataEpoch + given;
}
