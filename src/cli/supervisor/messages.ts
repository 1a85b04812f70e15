/** What supervisor and child say to each other over the IPC channel. */
export interface RoleAddress {
  /** Base URL of the listener that peers or clients use. */
  readonly url: string;
  readonly internalUrl: string;
  /** Which life of its id a storage node is. */
  readonly incarnation?: string;
}

export type ChildMessage =
  | ({ readonly type: 'ready' } & RoleAddress)
  /** The child cannot start as configured and exits with code 2; `message` is the one line for the person. */
  | { readonly type: 'failed'; readonly message: string }
  /** The child got a SIGTERM of its own and asks to be drained. */
  | { readonly type: 'terminated' }
  /** The answer to `hand_over`; the handle of the public listener comes with it, when the role has one. */
  | { readonly type: 'listener' };

export interface DrainMessage {
  readonly type: 'drain';
  readonly deadlineMs: number;
  /** A storage node hands its slots over before it ends. */
  readonly leave?: boolean;
}

export type ParentMessage =
  | DrainMessage
  /** A successor is about to start: give it the public listener. */
  | { readonly type: 'hand_over' }
  /** To a successor: the listener of the one before, as a handle; without one it makes its own. */
  | { readonly type: 'listener' };

/** Set for a successor, which waits for the listener of the one before. */
export const successorVariable = 'GODWIT_SUCCESSOR';

/** Set in the environment of a child that a supervisor started. */
export const supervisedVariable = 'GODWIT_SUPERVISED';
