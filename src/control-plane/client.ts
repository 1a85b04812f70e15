/**
 * The gateway's side of the administrative calls. A change that resolves is visible in the gateway's own
 * copy of the fleet's state. Uses no Node module, so that it also runs at the edge.
 *
 * Outcomes are three-valued: a change is carried out (resolves), certainly not carried out (rejects with the
 * refusal, or with `control_plane_unavailable`), or unknown (`outcome_unknown`): the connection broke after
 * the call was sent. By itself it sends again only what was certainly not carried out, and what carries an
 * idempotency key.
 */

import type { Clock } from '../shared/clock.ts';
import { backoffMs, type Sleep, sleep } from '../shared/control-link/backoff.ts';
import { ControlLinkError, type ControlLinkOptions, callControl } from '../shared/control-link/call.ts';
import { controlLinkLimits } from '../shared/control-link/limits.ts';
import { GodwitError } from '../shared/errors.ts';
import type { FleetStateSource } from '../shared/fleet-state.ts';
import { type CallAnswer, type CallBody, type CallName, callAnswers, callPaths, envelopeSchema } from './protocol.ts';

export interface ControlClientOptions extends ControlLinkOptions {
  /** The gateway's own copy of the fleet's state; a change resolves only once this shows it. */
  readonly source: FleetStateSource;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** An answer, and whether it is that of an earlier call with the same idempotency key. */
export interface ControlAnswer<Name extends CallName> {
  readonly answer: CallAnswer<Name>;
  readonly replayed: boolean;
  /** Revision of the fleet's state that shows it. */
  readonly revision: number;
}

/** `repeatable`: a change that is the same however often it is asked for. */
type Kind = 'read' | 'change' | 'repeatable';

export class ControlClient {
  readonly #options: ControlClientOptions;
  #urlIndex = 0;

  constructor(options: ControlClientOptions) {
    if (options.urls.length === 0) throw new RangeError('a control client needs the URL of a control plane');
    this.#options = options;
  }

  /** Throws `cache_settings_differ` when the cache exists with another value of a named setting, `limit_reached`. */
  createCache(body: CallBody<'createCache'>): Promise<ControlAnswer<'createCache'>> {
    return this.#call('createCache', body, 'change');
  }

  /** Throws `cache_not_found`. */
  deleteCache(body: CallBody<'deleteCache'>): Promise<ControlAnswer<'deleteCache'>> {
    return this.#call('deleteCache', body, 'change');
  }

  /** Changes the named settings only. Throws `cache_not_found`, `limit_reached`. */
  updateCache(body: CallBody<'updateCache'>): Promise<ControlAnswer<'updateCache'>> {
    return this.#call('updateCache', body, 'change');
  }

  /** Throws `cache_not_found`. */
  flushCache(body: CallBody<'flushCache'>): Promise<ControlAnswer<'flushCache'>> {
    return this.#call('flushCache', body, 'change');
  }

  /** Throws `invalid_argument` for a limit out of range or a token that no page gave. */
  listCaches(body: CallBody<'listCaches'>): Promise<ControlAnswer<'listCaches'>> {
    return this.#call('listCaches', body, 'read');
  }

  /** Signs prepared claims. Throws `invalid_argument`, `invalid_token` when an issuer was revoked, `limit_reached`. */
  issueToken(body: CallBody<'issueToken'>): Promise<ControlAnswer<'issueToken'>> {
    return this.#call('issueToken', body, 'change');
  }

  /** Throws `invalid_token` whatever is wrong with the refresh token. */
  refreshToken(body: CallBody<'refreshToken'>): Promise<ControlAnswer<'refreshToken'>> {
    return this.#call('refreshToken', body, 'change');
  }

  /** Throws `token_not_found`. */
  revokeToken(body: CallBody<'revokeToken'>): Promise<ControlAnswer<'revokeToken'>> {
    return this.#call('revokeToken', body, 'change');
  }

  listTokens(body: CallBody<'listTokens'>): Promise<ControlAnswer<'listTokens'>> {
    return this.#call('listTokens', body, 'read');
  }

  /** A new signing key. Throws `limit_reached`. */
  rotateKeys(body: CallBody<'rotateKeys'>): Promise<ControlAnswer<'rotateKeys'>> {
    return this.#call('rotateKeys', body, 'change');
  }

  fleetStatus(): Promise<ControlAnswer<'fleetStatus'>> {
    return this.#call('fleetStatus', {}, 'read');
  }

  /** What the planner would do now, and why. */
  fleetPlan(): Promise<ControlAnswer<'fleetPlan'>> {
    return this.#call('fleetPlan', {}, 'read');
  }

  /** The newest events, oldest first. */
  fleetEvents(body: CallBody<'fleetEvents'>): Promise<ControlAnswer<'fleetEvents'>> {
    return this.#call('fleetEvents', body, 'read');
  }

  /** Empties a node. Throws `node_not_found`, `node_in_use` for the last active one. Asked again it is no harm. */
  drainNode(body: CallBody<'drainNode'>): Promise<ControlAnswer<'drainNode'>> {
    return this.#call('drainNode', body, 'repeatable');
  }

  /** Takes a drained node back, or a spare into use. Throws `node_not_found`. */
  undrainNode(body: CallBody<'undrainNode'>): Promise<ControlAnswer<'undrainNode'>> {
    return this.#call('undrainNode', body, 'repeatable');
  }

  /**
   * Takes a node out of the fleet for good, by `force` with what only it holds. Throws `node_not_found`, which after a
   * lost answer says that it was done, and `node_in_use`.
   */
  removeNode(body: CallBody<'removeNode'>): Promise<ControlAnswer<'removeNode'>> {
    return this.#call('removeNode', body, 'change');
  }

  /** Tries again what was held back, and weighs loads now. */
  rebalance(): Promise<ControlAnswer<'rebalance'>> {
    return this.#call('rebalance', {}, 'repeatable');
  }

  async #call<Name extends CallName>(name: Name, body: CallBody<Name>, kind: Kind): Promise<ControlAnswer<Name>> {
    const deadlineMs = this.#options.clock.monotonicMs() + controlLinkLimits.callDeadlineMs;
    const mayRepeat = kind !== 'change' || (body as { idempotency?: unknown }).idempotency !== undefined;
    const received = await this.#send(callPaths[name], body, mayRepeat, kind, deadlineMs);
    let result: ControlAnswer<Name>;
    try {
      const { answer, revision, replayed } = envelopeSchema.parse(received);
      result = { answer: callAnswers[name].parse(answer) as CallAnswer<Name>, revision, replayed };
    } catch (cause) {
      throw failed(kind !== 'read', cause);
    }
    if (kind !== 'read') await this.#untilApplied(result.revision);
    return result;
  }

  /** The envelope, from whichever control process answers before the deadline (monotonic ms). */
  async #send(path: string, body: unknown, mayRepeat: boolean, kind: Kind, deadlineMs: number): Promise<unknown> {
    const { clock, urls, random = Math.random, sleep: pause = sleep } = this.#options;
    const { callAttemptMsOfSeveral, callRetryDelayMsMin, callRetryDelayMsMax } = controlLinkLimits;
    let maybeDone = false;
    for (let failures = 0; ; ) {
      const remainingMs = Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs()));
      const url = urls[this.#urlIndex % urls.length]!;
      try {
        const mayMoveOn = mayRepeat && urls.length > 1;
        const timeoutMs = mayMoveOn ? Math.min(remainingMs, callAttemptMsOfSeveral) : remainingMs;
        return await callControl(this.#options, url, { path, body, timeoutMs });
      } catch (error) {
        // Whoever cannot act as the control plane says so, and another may.
        const elsewhere = error instanceof GodwitError && error.code === 'control_plane_unavailable';
        if (error instanceof GodwitError && !elsewhere) throw error;
        if (error instanceof ControlLinkError && !error.notSent && kind !== 'read') maybeDone = true;
        failures++;
        this.#urlIndex++;
        const delayMs = backoffMs(failures, callRetryDelayMsMin, callRetryDelayMsMax, random);
        const isLate = clock.monotonicMs() + delayMs >= deadlineMs;
        if (isLate || (maybeDone && !mayRepeat)) throw failed(maybeDone, error);
        await pause(delayMs, new AbortController().signal);
      }
    }
  }

  async #untilApplied(revision: number): Promise<void> {
    const { source } = this.#options;
    if (source.current().revision >= revision) return;
    try {
      await source.refresh(controlLinkLimits.acknowledgeMsMax);
    } catch {
      // The change is carried out, whatever became of the link since; this gateway shows it with its next poll.
    }
  }
}

function failed(maybeDone: boolean, cause: unknown): GodwitError {
  return maybeDone
    ? new GodwitError('outcome_unknown', 'The connection to the control plane broke after the call was sent.', {
        cause,
      })
    : new GodwitError('control_plane_unavailable', 'The control plane could not be reached; nothing was done.', {
        cause,
      });
}
