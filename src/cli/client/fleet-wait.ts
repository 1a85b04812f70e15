import type { Clock } from '../../shared/clock.ts';
import { failure } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import type { OptionsOf } from '../options.ts';
import { Progress } from '../progress.ts';
import type { Timers } from '../timers.ts';
import { type FleetAnswer, type FleetNodeAnswer, fleetOf, slotsOf } from './fleet-answers.ts';
import { wantsOf } from './fleet-show.ts';
import { ApiClient } from './http.ts';
import { type Output, printJson } from './print.ts';

export async function nodeOf(client: ApiClient, id: string): Promise<FleetNodeAnswer | undefined> {
  const { nodes } = await fleetOf(client);
  return nodes.find((node) => node.id === id);
}

/** @throws CliError (exit code 1) that names those that there are, when it is not one of them */
export function knownNode({ nodes }: FleetAnswer, id: string): FleetNodeAnswer {
  const node = nodes.find((each) => each.id === id);
  if (node) return node;
  const ids = nodes.map((each) => each.id).sort();
  throw failure(
    `there is no storage node ${id === '' ? '""' : id}; the fleet has ${ids.length === 0 ? 'none' : ids.join(', ')}`,
  );
}

const pause = (timers: Timers) => new Promise<void>((resolve) => void timers.after(cliLimits.fleetPollMs, resolve));

/**
 * Waits for as long as it takes, and says how far it is whenever that has changed; a person can end it with Ctrl-C.
 * @throws CliError (exit code 1) when somebody takes the node back into use
 */
export async function untilEmpty(client: ApiClient, id: string, output: Output, timers: Timers): Promise<void> {
  const progress = new Progress((line) => output.stderr(`${line}\n`));
  let failures = 0;
  // right after the drain was asked for, the answer may still be an old one
  let activePolls = 0;
  let wasDraining = false;
  for (;;) {
    try {
      const node = await nodeOf(client, id);
      failures = 0;
      const left = node ? slotsOf(node) : 0;
      if (left === 0) return;
      activePolls = isInUse(node) ? activePolls + 1 : 0;
      wasDraining ||= node?.drained === true;
      const why = node?.state === 'silent' ? `; it is silent, so that they wait until it is back` : '';
      progress.tell(`${id}: ${left} slots left${why}`);
    } catch (error) {
      // a leader that changes, a gateway that is restarted
      failures += 1;
      if (failures >= cliLimits.fleetPollFailuresMax) throw error;
    }
    if (activePolls > (wasDraining ? 0 : cliLimits.takenBackPolls)) {
      throw failure(`${id} was taken back into use and is not drained any more`);
    }
    await pause(timers);
  }
}

/** Whether nobody has it emptied, for all that is known: one that is not heard may be drained or not. */
function isInUse(node: FleetNodeAnswer | undefined): boolean {
  return node?.state === 'active' && !node.drained;
}

/**
 * `godwit fleet wait`: until nothing is wanting for a moment without a break, since who has just restarted a node is
 * quicker than those that notice.
 * @throws CliError (exit code 1) when the time is over
 */
export async function fleetWait(
  options: OptionsOf<'fleet wait'>,
  output: Output,
  clock: Clock,
  timers: Timers,
): Promise<void> {
  const client = new ApiClient(options);
  const endMs = clock.monotonicMs() + options.timeout;
  let calmSinceMs: number | undefined;
  const progress = new Progress((line) => output.stderr(`${line}\n`));
  for (;;) {
    const wanting = await wantingNow(client);
    const nowMs = clock.monotonicMs();
    if (wanting === '') {
      calmSinceMs ??= nowMs;
      if (nowMs - calmSinceMs >= cliLimits.calmMs) break;
    } else {
      calmSinceMs = undefined;
      progress.tell(wanting);
    }
    if (nowMs >= endMs)
      throw failure(`the fleet is not in step: ${wanting === '' ? 'it has just come to rest' : wanting}`);
    await pause(timers);
  }
  if (options.json) printJson(output, { in_step: true });
  else output.stdout('every slot is served and has its copies, and nothing moves\n');
}

/** Whether a node is to come, or to come back: one that left by itself is being restarted, for all that is known. */
function isAway({ state, drained }: FleetNodeAnswer): boolean {
  if (state === 'silent' || state === 'joining') return true;
  return !drained && (state === 'draining' || state === 'dead');
}

/** What is wanting, in words; a server that does not answer is waited for as well. */
async function wantingNow(client: ApiClient): Promise<string> {
  let fleet: FleetAnswer;
  try {
    fleet = await fleetOf(client);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const away = fleet.nodes.filter(isAway).map(({ id }) => id);
  return [...wantsOf(fleet), ...(away.length > 0 ? [`${away.join(', ')} not there`] : [])].join(', ');
}
