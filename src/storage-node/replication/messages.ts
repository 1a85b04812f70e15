/**
 * What two storage nodes say to each other about the slots that both hold. Values without behaviour: the state
 * machine (`replication.ts`) makes and takes them, `wire.ts` is their bytes, the simulator carries them as they are.
 *
 * Vocabulary: a *life* is one process of a node, `id/incarnation`; a copy belongs to a life, because a process that
 * starts again is empty (rule P1). A *session* is one attempt to fill a learner; 0 stands for an in-sync copy.
 */

import { type Life, lifeOf } from '../../shared/life.ts';

export { type Life, lifeOf };

/** The result of one operation, as every copy applies it (rule P2). */
export interface Entry {
  /** Gap-free in a slot's data epoch, from 1. */
  readonly sequence: number;
  /** Unsigned 32-bit hash of the key that it is about. */
  readonly hash: number;
  /** The result in the bytes of whoever stores it (`effect.ts`); the protocol does not look inside. */
  readonly payload: Uint8Array;
}

/** Something that the primary holds, on its way to a learner. It may be older than what the learner has by now. */
export interface CopiedPart {
  /** Sequence under which the primary holds it. */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** primary → copy: the next results, and how far all in-sync copies have them. */
export interface AppendMessage {
  readonly kind: 'append';
  readonly slot: number;
  readonly epoch: number;
  readonly dataEpoch: number;
  readonly session: number;
  readonly committed: number;
  readonly entries: readonly Entry[];
}
/** copy → primary: everything up to `last` is here. */
export interface AckMessage {
  readonly kind: 'ack';
  readonly slot: number;
  readonly epoch: number;
  readonly session: number;
  readonly last: number;
}
/** Anybody → whoever names an older epoch: it is deposed (rule P4). */
export interface RefuseMessage {
  readonly kind: 'refuse';
  readonly slot: number;
  /** The newest epoch that the sender has seen. */
  readonly epoch: number;
}
/** copy or learner → primary: what you sent cannot be kept here, and must not be dropped (rule P3). */
export interface FullMessage {
  readonly kind: 'full';
  readonly slot: number;
  /** That of the message that was not taken. */
  readonly epoch: number;
}
/** primary → in-sync copies: these slots are mine in these epochs; asks for the promise of each (rule P5). */
export interface BeaconMessage {
  readonly kind: 'beacon';
  /** Grows with each beacon of a sender; its time of sending is remembered under it. */
  readonly id: number;
  readonly slots: readonly number[];
  readonly epochs: readonly number[];
}
/** copy → primary: the promise for all slots of that beacon but those refused, each with the newer epoch. */
export interface PromiseMessage {
  readonly kind: 'promise';
  readonly id: number;
  readonly refusedSlots: readonly number[];
  readonly refusedEpochs: readonly number[];
}
/** new primary → other in-sync copies: what have you beyond `last`? (rule P7) */
export interface QueryMessage {
  readonly kind: 'query';
  readonly slot: number;
  readonly epoch: number;
  readonly dataEpoch: number;
  readonly last: number;
}
/** in-sync copy → new primary: it has adopted the epoch; its entries beyond the query's `last`. */
export interface ReportMessage {
  readonly kind: 'report';
  readonly slot: number;
  readonly epoch: number;
  readonly last: number;
  readonly committed: number;
  /** The newest epoch in which the sender began to serve the slot as its primary; 0 when it never did. */
  readonly servedEpoch: number;
  readonly entries: readonly Entry[];
}
/** primary → learner: forget what you have of the slot and take what comes under this session (rule P9). */
export interface JoinMessage {
  readonly kind: 'join';
  readonly slot: number;
  readonly epoch: number;
  readonly dataEpoch: number;
  readonly session: number;
  /** The live stream begins behind this sequence. */
  readonly committed: number;
}
/** primary → learner: the next batch of what it holds; `final` with the last one. */
export interface CopyMessage {
  readonly kind: 'copy';
  readonly slot: number;
  readonly epoch: number;
  readonly session: number;
  /** 1, 2, 3 … in a session. */
  readonly batch: number;
  readonly final: boolean;
  readonly parts: readonly CopiedPart[];
}
/** learner → primary: all batches up to this one are here; 0 says that the session has begun. */
export interface CopiedMessage {
  readonly kind: 'copied';
  readonly slot: number;
  readonly session: number;
  readonly batch: number;
}

export type ReplicationMessage =
  | AppendMessage
  | AckMessage
  | RefuseMessage
  | FullMessage
  | BeaconMessage
  | PromiseMessage
  | QueryMessage
  | ReportMessage
  | JoinMessage
  | CopyMessage
  | CopiedMessage;
