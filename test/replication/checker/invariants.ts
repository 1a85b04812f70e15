/** Checks of a history that are cheap, and say more plainly than a search what is wrong. Each gives its findings as texts. */
import type { HistoryEntry, SeenVersion } from './history.ts';
import { type Lifetimes, noLifetimes } from './lifetimes.ts';

/** All of them but those that values which go by themselves (`lifetimes.ts`) make void for their keys. */
export function checkInvariants(history: readonly HistoryEntry[], lifetimes: Lifetimes = noLifetimes): string[] {
  const findings: string[] = [];
  for (const [key, entries] of Map.groupBy(history, (entry) => entry.key)) {
    if (!lifetimes.mayGo(key)) findings.push(...countersOf(key, entries), ...winnersOf(key, entries));
    findings.push(...versionsOf(key, entries));
  }
  return [...findings, ...checkLateReads(history, lifetimes)];
}

/** Reads, whichever: none finds what had expired at every node before it began. */
export function checkLateReads(reads: readonly HistoryEntry[], lifetimes: Lifetimes): string[] {
  return reads.flatMap(({ key, invokeMs, operation, outcome }) => {
    if (operation.kind !== 'get' || outcome.kind !== 'done' || typeof outcome.value !== 'string') return [];
    const { goneAfterMs } = lifetimes.of(key, outcome.value);
    return invokeMs <= goneAfterMs ? [] : [`read of ${key} at ${invokeMs}: ${outcome.value} expired at ${goneAfterMs}`];
  });
}

/**
 * Counters: what was found is at least the sum of the increments that were acknowledged before, and at most that of
 * all which had begun. For keys that were only ever incremented, by positive amounts, and read.
 */
function countersOf(key: string, entries: readonly HistoryEntry[]): string[] {
  const increments: { readonly entry: HistoryEntry; readonly amount: number }[] = [];
  for (const entry of entries) {
    const { operation, outcome } = entry;
    if (operation.kind === 'get' || outcome.kind === 'not_done') continue;
    if (operation.kind !== 'increment' || operation.amount < 0) return [];
    increments.push({ entry, amount: operation.amount });
  }
  if (increments.length === 0) return [];
  const findings: string[] = [];
  for (const { operation, outcome, invokeMs, returnMs } of entries) {
    if (outcome.kind !== 'done' || outcome.value === undefined) continue;
    let least = operation.kind === 'increment' ? operation.amount : 0;
    let most = 0;
    for (const { entry, amount } of increments) {
      if (entry.outcome.kind === 'done' && entry.returnMs < invokeMs) least += amount;
      if (entry.invokeMs <= returnMs) most += amount;
    }
    const value = Number(outcome.value ?? 0);
    if (value < least || value > most)
      findings.push(`counter ${key}: ${value} at ${returnMs}, not from ${least} to ${most}`);
  }
  return findings;
}

/** put_if_absent: at most one wins, and one more for each delete that there may have been. */
function winnersOf(key: string, entries: readonly HistoryEntry[]): string[] {
  let winners = 0;
  let lives = 1;
  for (const { operation, outcome } of entries) {
    if (outcome.kind === 'not_done') continue;
    const applied = outcome.kind === 'done' ? outcome.applied : undefined;
    if (operation.kind === 'delete' && applied !== false) lives++;
    if (operation.kind === 'put_if_absent' && applied === true) winners++;
  }
  return winners <= lives ? [] : [`put_if_absent of ${key}: ${winners} winners in at most ${lives} lives`];
}

interface Versioned {
  readonly entry: HistoryEntry;
  readonly version: SeenVersion;
  readonly isWrite: boolean;
}

/** Versions: never go back in real time, grow with each write, and name one value each. */
function versionsOf(key: string, entries: readonly HistoryEntry[]): string[] {
  const findings: string[] = [];
  const values = new Map<string, string>();
  const seen: Versioned[] = [];
  for (const entry of entries) {
    const { operation, outcome } = entry;
    if (outcome.kind !== 'done' || outcome.version === undefined) continue;
    const isWrite = operation.kind !== 'get' && outcome.applied !== false;
    seen.push({ entry, version: outcome.version, isWrite });
    const value = isWrite && 'value' in operation ? operation.value : outcome.value;
    if (value === undefined || value === null) continue;
    const name = textOf(outcome.version);
    const other = values.get(name);
    if (other !== undefined && other !== value) findings.push(`version ${name} of ${key}: ${other} and ${value}`);
    values.set(name, value);
  }
  return [...findings, ...orderOf(key, seen)];
}

function orderOf(key: string, seen: readonly Versioned[]): string[] {
  const findings: string[] = [];
  const byReturn = seen.toSorted((a, b) => a.entry.returnMs - b.entry.returnMs);
  const writes = new Set<string>();
  let newest: Versioned | null = null;
  let next = 0;
  for (const one of seen.toSorted((a, b) => a.entry.invokeMs - b.entry.invokeMs)) {
    for (; next < byReturn.length && byReturn[next]!.entry.returnMs < one.entry.invokeMs; next++) {
      const before = byReturn[next]!;
      if (newest === null || compareVersions(before.version, newest.version) > 0) newest = before;
    }
    const order = newest === null ? 1 : compareVersions(one.version, newest.version);
    if (order < 0 || (order === 0 && one.isWrite))
      findings.push(
        `version of ${key}: ${textOf(one.version)} at ${one.entry.invokeMs} after ${textOf(newest!.version)}`,
      );
    if (!one.isWrite) continue;
    if (writes.has(textOf(one.version))) findings.push(`version of ${key}: ${textOf(one.version)} was written twice`);
    writes.add(textOf(one.version));
  }
  return findings;
}

function compareVersions(a: SeenVersion, b: SeenVersion): number {
  return a.dataEpoch - b.dataEpoch || a.sequence - b.sequence;
}

function textOf({ dataEpoch, sequence }: SeenVersion): string {
  return `${dataEpoch}.${sequence}`;
}

/**
 * Reads that may be stale: what they found had been written, or may have been, by an operation that had begun by then.
 * `history` is that of all other operations.
 */
export function checkStaleReads(reads: readonly HistoryEntry[], history: readonly HistoryEntry[]): string[] {
  const byKey = Map.groupBy(history, (entry) => entry.key);
  const findings: string[] = [];
  for (const { key, returnMs, outcome } of reads) {
    if (outcome.kind !== 'done' || outcome.value === undefined || outcome.value === null) continue;
    const { value } = outcome;
    let most = 0;
    let written = false;
    for (const { operation, outcome: other, invokeMs } of byKey.get(key) ?? []) {
      if (other.kind === 'not_done' || invokeMs > returnMs) continue;
      if ('value' in operation && operation.value === value) written = true;
      if (operation.kind === 'increment') most += Math.max(operation.amount, 0);
    }
    const isSum = most > 0 && Number(value) > 0 && Number(value) <= most;
    if (!written && !isSum) findings.push(`balanced read of ${key} at ${returnMs}: ${value} was never written`);
  }
  return findings;
}
