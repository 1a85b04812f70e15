import { type AnnouncedLoss, type HistoryEntry, withLosses } from '../../replication/checker/history.ts';
import { checkInvariants, checkStaleReads } from '../../replication/checker/invariants.ts';
import { checkHistory } from '../../replication/checker/linearizability.ts';
import { type SlotReset, slotOfKey } from '../fleet/view-watch.ts';
import type { Round, RoundKey } from '../workload/round.ts';

export interface RoundFindings {
  /** Operations that were checked. */
  readonly checked: number;
  readonly undecided: number;
  readonly violations: readonly string[];
}

export interface CheckedAgainst {
  readonly cache: string;
  readonly resets: readonly SlotReset[];
  readonly evicts: boolean;
}

/** Entries of a history that a violation shows. */
const entriesShown = 40;

/** What the histories of a round's keys are found to be. */
export function checkRound(round: Round, against: CheckedAgainst): RoundFindings {
  const violations: string[] = [];
  let checked = 0;
  let undecided = 0;
  for (const key of round.keys) {
    checked += key.history.length + key.staleReads.length;
    const history = withAllowed(key, against);
    const verdict = checkHistory(history);
    if (verdict.kind === 'undecided') undecided++;
    if (verdict.kind === 'illegal')
      violations.push(`${key.kind} ${key.name} is not linearizable\n${historyText(verdict.entries, verdict.ordered)}`);
    violations.push(...(against.evicts ? [] : checkInvariants(history)), ...checkStaleReads(key.staleReads, history));
  }
  return { checked, undecided, violations };
}

/** The history with what may happen to a key besides what clients do: announced losses, and evictions. */
function withAllowed(key: RoundKey, { cache, resets, evicts }: CheckedAgainst): HistoryEntry[] {
  const slot = slotOfKey(cache, key.name);
  const losses = resets
    .filter((reset) => reset.slot === slot)
    .map(({ fromMs, untilMs }): AnnouncedLoss => ({ keys: [key.name], fromMs, untilMs }));
  const history = withLosses(key.history, losses);
  return evicts ? [...history, ...evictionsIn(history)] : history;
}

/** A delete for each time that the key was found missing: it may have been evicted at any time before. */
function evictionsIn(history: readonly HistoryEntry[]): HistoryEntry[] {
  const first = Math.min(...history.map(({ invokeMs }) => invokeMs));
  return history
    .filter(({ operation, outcome }) => {
      if (outcome.kind !== 'done') return false;
      return operation.kind === 'get' ? outcome.value === null : operation.kind === 'put_if_absent' && outcome.applied;
    })
    .map(({ key, returnMs }) => ({
      client: 'eviction',
      key,
      invokeMs: first,
      returnMs,
      operation: { kind: 'delete' },
      outcome: { kind: 'unknown' },
    }));
}

/** A history for people: who did what, when, and what came of it. */
export function historyText(entries: readonly HistoryEntry[], ordered: number): string {
  const startMs = entries[0]?.invokeMs ?? 0;
  const shown = entries.slice(Math.max(0, ordered - entriesShown / 2), ordered + entriesShown / 2);
  const lines = shown.map(({ client, invokeMs, returnMs, operation, outcome }) => {
    const times = `${(invokeMs - startMs).toFixed(1)} … ${(returnMs - startMs).toFixed(1)}`;
    return `  ${times.padEnd(22)} ${client.padEnd(9)} ${JSON.stringify(operation)} -> ${JSON.stringify(outcome)}`;
  });
  return [`  ${entries.length} operations, of which any order has ${ordered} at most; in ms:`, ...lines].join('\n');
}
