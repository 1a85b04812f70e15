/**
 * Who is heard: by heartbeats, and by what the other nodes say of each other. A judgement of the leader alone, kept in
 * its memory; a new leader, one that stood still itself, and one that heard nobody for a while, gives everybody the
 * whole time again.
 */
import type { Heartbeat } from '../shared/control-link/protocol.ts';
import { controlPlaneLimits } from './limits.ts';
import { idOfLife, type Life } from './lives.ts';

/** What a node said last, and when. */
export interface NodeReport {
  readonly heartbeat: Heartbeat;
  readonly atMs: number;
}

/** All times are monotonic ms of one clock. */
export class Health {
  readonly #reports = new Map<Life, NodeReport>();
  /** When each life was first looked at, for those without a heartbeat. */
  readonly #knownMs = new Map<Life, number>();
  /** Times at which each node, by its id, was declared silent or began anew. */
  readonly #flapsMs = new Map<string, number[]>();
  /** Lives whose end is no further sign of a node that comes and goes: their silence was counted, or they left. */
  readonly #endsInOrder = new Set<Life>();
  /** Silences count from here at the earliest. */
  #countedFromMs: number;
  #lookedMs: number;
  /** When nobody at all was heard, the last time: being cut off counts from here at the earliest. */
  #deafMs: number;
  /** Since when nobody was heard at all, though there are lives to hear; undefined while somebody is. */
  #deafSinceMs: number | undefined;

  constructor(nowMs: number) {
    this.#countedFromMs = nowMs;
    this.#lookedMs = nowMs;
    this.#deafMs = nowMs;
    this.#deafSinceMs = nowMs;
  }

  heard(life: Life, heartbeat: Heartbeat, nowMs: number): void {
    this.#reports.set(life, { heartbeat, atMs: nowMs });
  }

  /** What the life said last to this leader. */
  report(life: Life): NodeReport | undefined {
    return this.#reports.get(life);
  }

  /** What it said last, if that is not older than silence; what it says of itself holds no longer. */
  freshReport(life: Life, nowMs: number): NodeReport | undefined {
    const report = this.#reports.get(life);
    return report && nowMs - report.atMs < controlPlaneLimits.silentMs ? report : undefined;
  }

  /** How long nothing has come from the life itself. */
  silenceMs(life: Life, nowMs: number): number {
    const heardMs = this.#reports.get(life)?.atMs ?? this.#knownMs.get(life) ?? nowMs;
    return nowMs - Math.max(heardMs, this.#countedFromMs);
  }

  /** How long nobody at all has been heard, as of the last look; undefined when somebody is, or there is nobody to hear. */
  deafForMs(nowMs: number): number | undefined {
    return this.#deafSinceMs === undefined ? undefined : nowMs - this.#deafSinceMs;
  }

  /**
   * Whether a life may be running, for all that is known: it or its peers were heard just now, or this leader has had
   * no time to hear it.
   */
  mayRun(life: Life, nowMs: number): boolean {
    return this.silenceMs(life, nowMs) < controlPlaneLimits.silentMs || this.mayBeHeardByPeers(life, nowMs);
  }

  /**
   * Whether any other node has heard the life so lately that it may still believe that it leads: within `silentMs`,
   * which is longer than a lease.
   */
  mayBeHeardByPeers(life: Life, nowMs: number): boolean {
    return this.#peersHearing(life, nowMs, controlPlaneLimits.silentMs).heard > 0;
  }

  /** One look: those of `lives`, the ones that count as heard, that are so no longer. Forgets all but `known` lives. */
  look(lives: readonly Life[], known: ReadonlySet<Life>, nowMs: number): Life[] {
    const lateMs = nowMs - this.#lookedMs - controlPlaneLimits.lookMs;
    const stoodStill = lateMs > controlPlaneLimits.lateLookMs;
    if (stoodStill) this.#countedFromMs = nowMs;
    this.#lookedMs = nowMs;
    for (const life of this.#reports.keys()) if (!known.has(life)) this.#reports.delete(life);
    for (const life of this.#knownMs.keys()) if (!known.has(life)) this.#knownMs.delete(life);
    for (const life of this.#endsInOrder) if (!known.has(life)) this.#endsInOrder.delete(life);
    for (const life of lives) if (!this.#knownMs.has(life)) this.#knownMs.set(life, nowMs);
    const { silentMs, cutOffMs, togetherMs } = controlPlaneLimits;
    let leastSilenceMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#reports.values()) leastSilenceMs = Math.min(leastSilenceMs, nowMs - atMs);
    const hears = leastSilenceMs < silentMs;
    if (hears || lives.length === 0) {
      // Whoever is heard first is no witness of the others' silence: they are on their way as well.
      if (this.#deafSinceMs !== undefined) this.#countedFromMs = nowMs;
      this.#deafSinceMs = undefined;
    } else if (this.#deafSinceMs === undefined || stoodStill) {
      this.#deafSinceMs = nowMs;
    }
    // Who hears nobody at all is cut off itself, and judges nobody.
    if (!hears) {
      this.#deafMs = nowMs;
      return [];
    }
    const suspects = lives.filter((life) => {
      const silenceMs = this.silenceMs(life, nowMs);
      return silenceMs >= silentMs && silenceMs - leastSilenceMs >= togetherMs;
    });
    const hearingMs = nowMs - this.#deafMs;
    const isCutOff = (life: Life) => Math.min(this.silenceMs(life, nowMs), hearingMs) >= cutOffMs;
    return suspects.filter((life) => isCutOff(life) || !this.isHeardByPeers(life, nowMs));
  }

  /** A life was declared silent. */
  fellSilent(life: Life, nowMs: number): void {
    this.flapped(idOfLife(life), nowMs);
    this.#endsInOrder.add(life);
  }

  /** One that was silent is heard again: its next end counts. */
  cameBack(life: Life): void {
    this.#endsInOrder.delete(life);
  }

  /** A life has ended that had handed over all that it held. */
  leftInOrder(life: Life): void {
    this.#endsInOrder.add(life);
  }

  /** Another life of its node has begun in the place of this one. */
  replaced(life: Life, nowMs: number): void {
    if (!this.#endsInOrder.delete(life)) this.flapped(idOfLife(life), nowMs);
  }

  /** Counts that a node was declared silent or began anew. */
  flapped(id: string, nowMs: number): void {
    const since = nowMs - controlPlaneLimits.flapWindowMs;
    for (const [each, times] of this.#flapsMs) if (times.at(-1)! <= since) this.#flapsMs.delete(each);
    const times = (this.#flapsMs.get(id) ?? []).filter((ms) => ms > since);
    // Beyond these the pause is at its longest.
    this.#flapsMs.set(id, [...times, nowMs].slice(-16));
  }

  /** Whether a node has come and gone so often that it is given nothing for a while. */
  isFlapping(id: string, nowMs: number): boolean {
    const { flapWindowMs, flapsMax, flapPauseMsMin, flapPauseMsMax } = controlPlaneLimits;
    const times = (this.#flapsMs.get(id) ?? []).filter((ms) => ms > nowMs - flapWindowMs);
    if (times.length < flapsMax) return false;
    const pauseMs = Math.min(flapPauseMsMax, flapPauseMsMin * 2 ** (times.length - flapsMax));
    return nowMs - times.at(-1)! < pauseMs;
  }

  forgiveFlapping(): void {
    this.#flapsMs.clear();
  }

  /** Whether enough of those that follow a life, and are heard themselves, have heard it just now. */
  isHeardByPeers(life: Life, nowMs: number): boolean {
    const { heardByPeersMs, peersNeeded } = controlPlaneLimits;
    const { asked, heard } = this.#peersHearing(life, nowMs, heardByPeersMs);
    return asked > 0 && heard >= Math.min(peersNeeded, asked);
  }

  /** Of the nodes that follow a life and are heard themselves, how many there are, and have heard it within that time. */
  #peersHearing(life: Life, nowMs: number, withinMs: number): { asked: number; heard: number } {
    const { silentMs } = controlPlaneLimits;
    let asked = 0;
    let heard = 0;
    for (const [from, { heartbeat, atMs }] of this.#reports) {
      if (from === life || nowMs - atMs >= silentMs) continue;
      const peer = heartbeat.peers.find((each) => each.life === life);
      if (!peer) continue;
      asked++;
      if (nowMs - atMs + peer.silent_ms <= withinMs) heard++;
    }
    return { asked, heard };
  }
}
