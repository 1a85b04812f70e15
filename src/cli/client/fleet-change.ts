import { configurationError, failure } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import type { OptionsOf } from '../options.ts';
import type { Timers } from '../timers.ts';
import { type FleetAnswer, type FleetNodeAnswer, fleetOf, slotsOf } from './fleet-answers.ts';
import { zonesShort } from './fleet-show.ts';
import { knownNode, nodeOf, untilEmpty } from './fleet-wait.ts';
import { ApiClient } from './http.ts';
import { type Output, printJson } from './print.ts';
import { DoorClosed, SupervisorClient } from './supervisor.ts';

type Words = readonly string[];

const nodePath = (id: string) => `/fleet/nodes/${encodeURIComponent(id)}`;

/** `godwit fleet add`: a node that is there, or one more process of the supervisor on this machine. */
export async function addNode(options: OptionsOf<'fleet add'>, words: Words, output: Output): Promise<void> {
  const [id] = words;
  if ((id === undefined) === (options.zone === undefined)) {
    throw configurationError('fleet add takes the name of a node, or --zone for a new one under godwit start');
  }
  if (id !== undefined) {
    const client = new ApiClient(options);
    const { state } = knownNode(await fleetOf(client), id);
    await client.call({ method: 'DELETE', path: `${nodePath(id)}/drain` });
    const later = state === 'silent' ? ' when it is heard again' : '';
    const text = state === 'active' ? `${id} is in use already` : `${id} gets its share of the slots${later}`;
    return said(options, output, { added: id }, text);
  }
  const supervisor = SupervisorClient.of(options);
  if (!supervisor) {
    throw failure(
      `no godwit start runs with the data directory ${options.dataDir}; on several machines, start godwit storage --zone ${options.zone} with a --node-id of its own`,
    );
  }
  const added = await reached(supervisor.addNode(options.zone!));
  said(options, output, { added }, `${added} is ready and gets its share of the slots`);
}

/** `godwit fleet drain` */
export async function drainNode(
  options: OptionsOf<'fleet drain'>,
  words: Words,
  output: Output,
  timers: Timers,
): Promise<void> {
  const id = words[0]!;
  const client = new ApiClient(options);
  const fleet = await fleetOf(client);
  knownNode(fleet, id);
  await client.call({ method: 'PUT', path: `${nodePath(id)}/drain` });
  warnOfCopies(fleet, id, output);
  if (!options.wait) return said(options, output, { draining: id }, `${id} is draining`);
  await untilEmpty(client, id, output, timers);
  said(options, output, { drained: id }, `${id} holds nothing any more`);
}

/** Says when too few zones are left for the copies. */
function warnOfCopies(fleet: FleetAnswer, id: string, output: Output): void {
  const short = zonesShort({ ...fleet, nodes: fleet.nodes.filter((node) => node.id !== id) });
  if (short) output.stderr(`slots will have too few copies: ${short}\n`);
}

/** `godwit fleet remove`: drains what still holds something, stops what the supervisor runs here, and forgets it. */
export async function removeNode(
  options: OptionsOf<'fleet remove'>,
  words: Words,
  output: Output,
  timers: Timers,
): Promise<void> {
  const id = words[0]!;
  const client = new ApiClient(options);
  const supervisor = SupervisorClient.of(options);
  const fleet = await fleetOf(client);
  const node = knownNode(fleet, id);
  const runsHere = await supervisor?.mayStop(node);
  if (runsHere === 'namesake') {
    output.stderr(`${id}: godwit start runs a node of that name here, which is not known to be this one and runs on\n`);
  }
  if (!options.force && slotsOf(node) > 0) {
    if (node.state === 'silent' || node.state === 'dead') {
      throw failure(`${id} is ${node.state} and cannot hand over what it holds; --force gives it up`);
    }
    await client.call({ method: 'PUT', path: `${nodePath(id)}/drain` });
    warnOfCopies(fleet, id, output);
    if (!options.wait) {
      return said(options, output, { draining: id }, `${id} is draining; remove it again when it holds nothing`);
    }
    await untilEmpty(client, id, output, timers);
  }
  let returns = false;
  if (runsHere === 'yes') {
    output.stderr(`${id}: stops\n`);
    // one that nobody hears would not hear that either
    const force = options.force || node.state === 'silent' || node.state === 'dead';
    ({ returns } = await reached(supervisor!.stopNode(id, { force })));
  }
  // one that has left is gone from the view by itself
  const left = await nodeOf(client, id);
  if (left && runsHere !== 'yes' && isHeard(left)) {
    if (!options.force)
      throw failure(`${id} is empty and still runs, so that it would register again: stop its process, then remove it`);
    output.stderr(`${id}: still runs and is dismissed all the same, which gives up what it holds\n`);
  }
  if (left) {
    await client.call({ method: 'DELETE', path: `${nodePath(id)}${options.force ? '?force=true' : ''}` });
  }
  const asking = node.spare ? '--spares-per-zone' : '--nodes-per-zone';
  const until = returns ? ` until the next start, whose --zones and ${asking} ask for it` : '';
  said(options, output, { removed: id }, `${id} is removed${until}`);
}

/** Whether a node said something just now. */
function isHeard({ state, heartbeat_age_ms: ageMs }: FleetNodeAnswer): boolean {
  return state !== 'dead' && ageMs !== null && ageMs < cliLimits.heardMs;
}

/** `godwit fleet rebalance` */
export async function rebalance(options: OptionsOf<'fleet rebalance'>, output: Output): Promise<void> {
  await new ApiClient(options).call({ method: 'POST', path: '/fleet/rebalance' });
  said(options, output, { rebalancing: true }, 'nodes are weighed anew; godwit fleet plan shows what moves');
}

/** `godwit fleet upgrade` */
export async function upgrade(options: OptionsOf<'fleet upgrade'>, output: Output): Promise<void> {
  const supervisor = SupervisorClient.of(options);
  if (!supervisor) {
    throw failure(
      `no godwit start runs with the data directory ${options.dataDir}; under systemd or Kubernetes restart storage nodes one by one, then gateways, then control processes: docs/operations.md has the commands`,
    );
  }
  await reached(supervisor.upgrade((line) => output.stderr(`${line}\n`), { force: options.force }));
  said(options, output, { upgraded: true }, 'every process runs the code that is on the disk now');
}

/** What a supervisor answers; one that is not there any more is a plain line. */
async function reached<T>(pending: Promise<T>): Promise<T> {
  try {
    return await pending;
  } catch (error) {
    if (error instanceof DoorClosed)
      throw failure('the supervisor does not answer; does godwit start still run?', error);
    throw error;
  }
}

function said(options: { readonly json: boolean }, output: Output, json: object, text: string): void {
  if (options.json) printJson(output, json);
  else output.stdout(`${text}\n`);
}
