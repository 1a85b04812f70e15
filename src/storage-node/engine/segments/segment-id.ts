/** The number of a segment, or of a jumbo: jumbos are numbered on from the last segment. */
export type SegmentId = number;
export const noSegment: SegmentId = -1;
