import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/shared/clock.ts';
import { Choices } from '../../api/fuzz/random.ts';
import type { HistoryEntry, KeyOperation, Outcome, SeenVersion } from '../../replication/checker/history.ts';
import { chaosLimits } from '../limits.ts';
import { type Answer, type Call, Caller, troubleOf } from './caller.ts';
import type { Round, RoundKey } from './round.ts';
import type { Tally } from './tally.ts';

export interface ClientParts {
  readonly name: string;
  readonly urls: readonly string[];
  readonly authorization: string;
  readonly cache: string;
  readonly seed: number;
  readonly tally: Tally;
  /** The round of the moment, and those before it that are still read; newest first. */
  readonly rounds: () => readonly Round[];
}

interface Step {
  readonly operation: KeyOperation;
  readonly call: Call;
  /** Its effect is like that of others of its key. */
  readonly same: boolean;
  readonly marked: boolean;
  readonly balanced: boolean;
}

/** One client: an operation after another, on a random key of the round of the moment. */
export class KeyClient {
  readonly #parts: ClientParts;
  readonly #choices: Choices;
  readonly #caller: Caller;
  #gateway: number;
  #count = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#choices = new Choices(parts.seed);
    this.#caller = new Caller(parts.authorization);
    this.#gateway = parts.seed;
  }

  /** Until `signal` aborts; the operation that is under way then is finished. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const rounds = this.#parts.rounds();
      const past = rounds.length > 1 && this.#choices.chance(chaosLimits.pastReads);
      const round = past ? this.#choices.of(rounds.slice(1)) : rounds[0]!;
      await this.#one(round, round.pick(this.#choices), past);
      await pause(chaosLimits.clientPauseMs);
    }
    await this.#caller.close();
  }

  /** One write that must succeed on each key; for the end of a run. Resolves with the keys on which none did. */
  async finish(keys: readonly RoundKey[], deadlineMs: number): Promise<string[]> {
    const failed: string[] = [];
    for (const key of keys) {
      let done = false;
      while (!done && systemClock.monotonicMs() < deadlineMs) {
        // a counter with too many increments of unknown fate is read
        const outcome =
          (await this.#carryOut(key, this.#write(key))) ?? (await this.#carryOut(key, this.#read(key, false)));
        done = outcome?.kind === 'done';
        if (!done) await pause(chaosLimits.pollMs);
      }
      if (!done) failed.push(key.name);
    }
    await this.#caller.close();
    return failed;
  }

  async #one(round: Round, key: RoundKey, readOnly: boolean): Promise<void> {
    round.open++;
    try {
      await this.#carryOut(key, readOnly ? this.#read(key, false) : this.#step(key));
    } finally {
      round.open--;
    }
  }

  #step(key: RoundKey): Step {
    const roll = this.#choices.next();
    if (roll < 0.3) return this.#read(key, false);
    if (roll < 0.36) return this.#read(key, true);
    return this.#write(key);
  }

  #read(key: RoundKey, balanced: boolean): Step {
    const headers = balanced ? { 'read-concern': 'balanced' } : {};
    const call: Call = { method: 'GET', path: this.#path('', key), headers };
    return { operation: { kind: 'get' }, call, same: false, marked: false, balanced };
  }

  #write(key: RoundKey): Step {
    if (key.kind === 'counter' || key.kind === 'marked_counter') return this.#increment(key);
    const value = `${this.#parts.name}-${++this.#count}`;
    const put = (operation: KeyOperation, condition: string): Step => ({
      operation,
      call: { method: 'PUT', path: this.#path('', key) + condition, body: value },
      same: false,
      marked: false,
      balanced: false,
    });
    const roll = this.#choices.next();
    if (key.kind === 'register' && roll < 0.55) return put({ kind: 'put', value }, '');
    if (roll < 0.75) {
      const expected = key.lastSeen;
      const condition = expected === null ? '&condition=absent' : `&condition=equal&compare=${expected}`;
      return put({ kind: 'compare_and_put', expected, value }, condition);
    }
    if (roll < 0.9) return put({ kind: 'put_if_absent', value }, '&condition=absent');
    const call: Call = { method: 'DELETE', path: this.#path('', key) };
    return { operation: { kind: 'delete' }, call, same: true, marked: false, balanced: false };
  }

  #increment(key: RoundKey): Step {
    const marked = key.kind === 'marked_counter';
    const amount = 1 + this.#choices.below(3);
    const headers = marked ? { 'idempotency-key': `${this.#parts.name}-${++this.#count}` } : {};
    const call: Call = { method: 'POST', path: `${this.#path('/increment', key)}&amount=${amount}`, headers };
    return { operation: { kind: 'increment', amount }, call, same: true, marked, balanced: false };
  }

  #path(action: string, key: RoundKey): string {
    return `/cache/${this.#parts.cache}${action}?key=${key.name}`;
  }

  /** Carries a step out and adds it to the key's history; undefined when there are too many of its kind. */
  async #carryOut(key: RoundKey, step: Step): Promise<Outcome | undefined> {
    if (step.same && !key.beginSame()) return undefined;
    const invokeMs = systemClock.monotonicMs();
    const { answer, doubtful } = await this.#ask(step);
    const returnMs = systemClock.monotonicMs();
    const outcome = this.#outcomeOf(step, answer, doubtful);
    if (step.same) key.endSame(outcome.kind === 'unknown');
    const trouble = troubleOf(answer);
    this.#parts.tally.count(outcome.kind, invokeMs, trouble);
    const { name: client } = this.#parts;
    const { operation } = step;
    const entry: HistoryEntry = { client, key: key.name, invokeMs, returnMs, operation, outcome };
    if (step.balanced) key.staleReads.push(entry);
    else key.history.push(step.marked ? { ...entry, idempotent: true } : entry);
    if (outcome.kind === 'done') this.#learn(key, step, outcome);
    // what was refused at once is not asked again at once
    else if (answer.kind === 'refused' || returnMs - invokeMs < chaosLimits.pollMs) await pause(chaosLimits.pollMs);
    return outcome;
  }

  /** Asks, and again when the request may be repeated. `doubtful`: a try before the last one may have been done. */
  async #ask({ call, marked }: Step): Promise<{ answer: Answer; doubtful: boolean }> {
    let doubtful = false;
    for (let tries = 0; ; tries++) {
      const answer = await this.#caller.call(this.#url(), call);
      const isClear = answer.kind === 'answer' && answer.status < 500;
      // a gateway that does not answer is left for the other one
      if (answer.kind !== 'answer') this.#gateway++;
      if (isClear || !marked || tries >= chaosLimits.repetitionsMax) return { answer, doubtful };
      doubtful ||= isDoubtful(answer);
      await pause(chaosLimits.reconnectMs);
    }
  }

  #url(): string {
    // mostly one gateway, so that what it remembers is put to the test; now and then the other
    if (this.#choices.chance(0.1)) this.#gateway++;
    const { urls } = this.#parts;
    return urls[this.#gateway % urls.length]!;
  }

  #outcomeOf(step: Step, answer: Answer, doubtful: boolean): Outcome {
    const { operation } = step;
    const isRead = operation.kind === 'get';
    if (answer.kind !== 'answer' || answer.status >= 500) {
      if (answer.kind === 'answer' && !expectedRefusals.has(answer.code))
        this.#parts.tally.unexpect(`${operation.kind} was answered ${answer.status} ${answer.code}`);
      if (isRead) return { kind: 'not_done' };
      return { kind: doubtful || isDoubtful(answer) ? 'unknown' : 'not_done' };
    }
    const { status, code, body, headers } = answer;
    const version = versionOf(String(headers['etag']));
    const told = version === undefined ? {} : { version };
    if (operation.kind === 'get') {
      if (status === 200) return { kind: 'done', value: body, ...told };
      if (status === 404 && code === 'key_not_found') return { kind: 'done', value: null };
    } else if (operation.kind === 'increment') {
      if (status === 200) return { kind: 'done', value: (JSON.parse(body) as { value: string }).value, ...told };
    } else if (operation.kind === 'put' || operation.kind === 'delete') {
      if (status === 204) return { kind: 'done', ...told };
    } else {
      if (status === 204) return { kind: 'done', applied: true, ...told };
      if (status === 412) return { kind: 'done', applied: false, ...told };
    }
    this.#parts.tally.unexpect(`${operation.kind} was answered ${status} ${code}`);
    return { kind: isRead ? 'not_done' : 'unknown' };
  }

  #learn(key: RoundKey, { operation, balanced }: Step, outcome: Outcome & { kind: 'done' }): void {
    key.lastDoneMs = systemClock.monotonicMs();
    if (balanced) return;
    if (operation.kind === 'get') key.lastSeen = outcome.value ?? null;
    else if (operation.kind === 'delete') key.lastSeen = null;
    else if ('value' in operation && outcome.applied !== false) key.lastSeen = operation.value;
  }
}

/** Refusals that faults explain. */
const expectedRefusals = new Set([
  'overloaded',
  'not_ready',
  'storage_unavailable',
  'not_enough_copies',
  'outcome_unknown',
  'deadline_exceeded',
  'cache_full',
]);

/** Whether what was asked may have been done: every 503 and 507 says that it was not. */
function isDoubtful(answer: Answer): boolean {
  if (answer.kind !== 'answer') return answer.kind === 'lost';
  return answer.status >= 500 && answer.status !== 503 && answer.status !== 507;
}

function versionOf(etag: string): SeenVersion | undefined {
  const found = /^"(\d+)-(\d+)"$/.exec(etag);
  return found === null ? undefined : { dataEpoch: Number(found[1]), sequence: Number(found[2]) };
}
