/**
 * Defects to plant in the replication, and in what the simulator models around it, one at a time: the simulator must
 * find each of them. Each `search` is found exactly once in its file, or the list has rotted.
 */
import type { ShapeName } from '../sim/shapes.ts';

export interface Edit {
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Where it shows first; the other shapes are not tried unless this one finds nothing. */
  readonly shape?: ShapeName;
}

const protocol = 'src/storage-node/replication';
const control = 'src/control-plane';
const model = 'test/replication/sim';

function one(name: string, file: string, search: string, replace: string, shape?: ShapeName): Mutant {
  return { name, edits: [{ file, search, replace }], ...(shape !== undefined && { shape }) };
}

/** The 18 of the prototype's table. */
const known: readonly Mutant[] = [
  one(
    'a write is acknowledged before the copies have it',
    `${model}/node.ts`,
    'if (sequence <= this.replication.committed(slot)) return respond(answer);',
    'if (sequence >= 0) return respond(answer);',
  ),
  one(
    'a gateway repeats a write whose connection broke',
    `${model}/gateway.ts`,
    "if (call.request.operation.kind === 'get' || call.request.idempotencyId !== null) return this.#again(call, true);",
    'return this.#again(call, true);',
  ),
  one(
    'a slot restarts empty when its last copy is only silent',
    `${model}/control.ts`,
    'withSilent(this.#view, new Set(silent))',
    'withDead(this.#view, new Set(silent), this.#resetOptions)',
  ),
  one(
    'a slot that restarts empty keeps its data epoch',
    `${control}/view-deaths.ts`,
    '[epoch, nextDataEpoch(dataEpoch, options.wallMs), copies, []]',
    '[epoch, dataEpoch, copies, []]',
  ),
  one(
    'a process that starts again is taken for its former life',
    `${model}/simulation.ts`,
    '++this.#incarnations}`',
    '0}`',
  ),
  one(
    'a negative answer does not wait for what it depends on',
    `${model}/node.ts`,
    'const pending = replication.pendingSequence(slot, hash);',
    'const pending = isRead ? replication.pendingSequence(slot, hash) : 0;',
  ),
  one(
    'a silent copy is not waited for before the control plane has removed it',
    `${protocol}/core.ts`,
    "if (kind === 'shrink') core.counters.shrinksProposed++;",
    "if (kind === 'shrink') slot.lead!.inSync.delete(follower.life);",
  ),
  one(
    'a read shows what is not committed',
    `${model}/node.ts`,
    'const pending = replication.pendingSequence(slot, hash);',
    'const pending = isRead ? 0 : replication.pendingSequence(slot, hash);',
  ),
  one(
    'a role is taken for that of another life of the node',
    `${protocol}/replication.ts`,
    'const lives = view.nodes.map(lifeOf);',
    "const lives = view.nodes.map((node) => (core.self.split('/')[0] === node.id ? core.self : lifeOf(node)));",
  ),
  one(
    'a copied item overwrites a newer one',
    `${protocol}/following.ts`,
    'if (identity !== null && (identities!.get(identity) ?? 0) >= part.sequence) return true;',
    '',
  ),
  one(
    'a copy takes entries of an older epoch',
    `${protocol}/following.ts`,
    'if (epoch >= slot.epoch) return true;',
    'if (epoch >= 0) return true;',
  ),
  one(
    'a primary serves without promises',
    `${protocol}/slot.ts`,
    'return slot.serving ? slot.lead!.leaseUntilMs : ',
    'return slot.serving ? Infinity : ',
  ),
  one(
    'a new primary does not wait for its own promise to end',
    `${protocol}/takeover.ts`,
    ' || core.environment.nowMs() < promisedUntilMs(core, slot, lead)) return;',
    ') return void promisedUntilMs;',
  ),
  {
    // It is wiped when it leaves and when it is filled again; each of the two alone is enough.
    name: 'a copy that left comes back with what it held',
    edits: [
      {
        file: `${protocol}/following.ts`,
        search: 'wipe(core, slot, message.committed);',
        replace: 'stepDown(core, slot);\n    void wipe;\n    slot.clear(message.committed);',
      },
      {
        file: `${protocol}/roles.ts`,
        search: '} else if (hasLeft(slot, former, epoch)) {',
        replace: '} else if (hasLeft(slot, former, epoch) && epoch < 0) {',
      },
    ],
  },
  one(
    'a promise is looked at by a timer only',
    `${protocol}/replication.ts`,
    'return this.#core.environment.nowMs() < untilMs ? ',
    'return this.#tickedMs < untilMs ? ',
  ),
  {
    name: 'a new primary does not take over what only other copies have',
    edits: [
      {
        file: `${protocol}/takeover.ts`,
        search: 'if (entry.sequence !== slot.log.last + 1) continue;',
        replace: 'if (entry.sequence !== 0) continue;',
      },
      {
        file: `${protocol}/takeover.ts`,
        search:
          'if (message.last > slot.log.last) return slot.log.last > last ? askOne(core, slot, lead, from) : undefined;',
        replace: 'if (last < 0) return;',
      },
      {
        file: `${protocol}/takeover.ts`,
        search: 'follower.acked = message.last;',
        replace: 'follower.acked = Math.min(message.last, slot.log.last);',
      },
    ],
  },
  one(
    'a learner is not waited for until the control plane has taken it in',
    `${protocol}/leading.ts`,
    'return filling === null || filling.joining;',
    'return filling === null;',
    'aimed',
  ),
  one(
    'a learner is taken in behind what is committed',
    `${protocol}/filling.ts`,
    'if (follower.acked < slot.committed || ',
    'if (',
    'aimed',
  ),
];

/**
 * Three that are not here, since nothing can show them:
 * - a lease that is looked at before a read and not after it: the read takes effect at the look, and had come before;
 * - entries of an older session that a learner takes: a link brings them before the session begins, or not at all;
 * - acknowledgements of older sessions that count: one would have to be on its way from before the end of a session
 *   until after the beginning of the next one, and then nothing be written until the join.
 *
 * And two that 1,000 runs do not find, of which `replication.test.ts` has the situations: a primary that never served
 * tells that it did (a slot that is not served is not moved, so that it takes two failovers within one promise); and one
 * that went on tells the epoch in which it did, not that in which it began to serve.
 */
const own: readonly Mutant[] = [
  one(
    'what a message changes of who serves is not noted',
    `${protocol}/replication.ts`,
    "if ('slot' in message) core.serving",
    "if (message.kind === 'beacon' && 'slot' in message) core.serving",
  ),
  one(
    'what a promise changes of who serves is not noted',
    `${protocol}/beacons.ts`,
    'core.serving.note(core.slots[slot]!);',
    '',
  ),
  one(
    'entries are dropped that a learner has not acknowledged',
    `${protocol}/leading.ts`,
    'for (const { acked } of lead.learners.values()) kept = Math.min(kept, acked);',
    '',
  ),
  one(
    'a copy reports without adopting the epoch',
    `${protocol}/following.ts`,
    'stepDown(core, slot);\n  sawEpoch(core, slot, message.epoch);\n  const { log } = slot;',
    'const { log } = slot;',
    'moves',
  ),
  one(
    'what a copy reports is taken for committed',
    `${protocol}/takeover.ts`,
    'slot.committed = message.committed;',
    'slot.committed = message.last;',
    'moves',
  ),
  {
    name: 'a new primary does not wait for all reports',
    edits: [
      {
        file: `${protocol}/takeover.ts`,
        search: 'if (takeover.reported.size < lead.inSync.size || slot.committed < slot.log.last) return;',
        replace: '',
      },
      {
        file: `${protocol}/takeover.ts`,
        search: 'if (lead.takeover!.reported.size < lead.inSync.size) return;',
        replace: '',
      },
      {
        file: `${protocol}/leading.ts`,
        search: 'if (lead.takeover !== null && lead.takeover.reported.size < lead.inSync.size) return;',
        replace: '',
      },
    ],
    shape: 'moves',
  },
  {
    name: 'a slot that lost all of its copies is not placed again',
    edits: [
      {
        file: `${control}/view-deaths.ts`,
        search: 'if (copies.length > 0) slots[number]',
        replace: 'if (copies.length < 0) slots[number]',
      },
      {
        file: `${control}/planner.ts`,
        search: 'if (wanted.length === 0) return undefined;\n    const reason',
        replace: 'if (wanted.length >= 0) return undefined;\n    const reason',
      },
    ],
  },
  one(
    'a copy acknowledges what it has no room for',
    `${protocol}/following.ts`,
    'if (!core.store.apply(slot.number, entry)) return false;',
    'core.store.apply(slot.number, entry);',
    'memory',
  ),
  one(
    'a learner answers a batch of which it has no room for a part',
    `${protocol}/following.ts`,
    'return core.store.applyCopied(slot.number, part);',
    'core.store.applyCopied(slot.number, part);\n  return true;',
    'memory',
  ),
  one(
    'the promise to a primary that is only silent is not waited for',
    `${protocol}/replication.ts`,
    "isDead: node.state === 'dead'",
    "isDead: node.state === 'dead' || node.state === 'silent'",
  ),
  one(
    'a learner is proposed before its last batch',
    `${protocol}/filling.ts`,
    'if (final) return beginJoining(',
    'if (final || filling.batches > 0) return beginJoining(',
  ),
  one(
    'a slot that restarts empty is not wiped',
    `${protocol}/roles.ts`,
    'wipe(core, slot, 0);\n    slot.dataEpoch = dataEpoch;',
    'slot.dataEpoch = dataEpoch;',
  ),
  one(
    'a slot that restarts empty is served while its deposed primary has a lease',
    `${protocol}/roles.ts`,
    'if (epoch > 1) slot.quietUntilMs',
    'if (epoch < 1) slot.quietUntilMs',
    'aimed',
  ),
  one(
    'a learner is proposed that has not confirmed in this epoch what it holds',
    `${protocol}/filling.ts`,
    ' || filling.confirmedEpoch !== lead.epoch) return;',
    ') return;',
    'lossy',
  ),
  {
    // Each of the two alone is enough.
    name: 'a view that is older than what is known of a slot wipes what was filled since',
    edits: [
      {
        file: `${protocol}/roles.ts`,
        search: 'if (epoch > slot.viewEpoch && epoch >= slot.epoch) {',
        replace: 'if (epoch > slot.viewEpoch) {',
      },
      {
        file: `${protocol}/slot.ts`,
        search: 'if (slot.session !== null && slot.session.epoch >= epoch) return false;',
        replace: '',
      },
    ],
    shape: 'lossy',
  },
  one('a promise keeps the epoch of its first beacon', `${protocol}/beacons.ts`, 'known.epoch = epoch;', ''),
  one(
    'no promise is waited for once somebody served',
    `${protocol}/takeover.ts`,
    'if (promise.epoch < servedEpoch || ',
    'if (servedEpoch > 0 || ',
  ),
  one(
    'a promise counts from its arrival',
    `${protocol}/beacons.ts`,
    'follower.promisedMs = beacon.sentMs;',
    'follower.promisedMs = core.environment.nowMs();',
    'lossy',
  ),
  one(
    'the promise of a learner that may have been taken in is not needed',
    `${protocol}/leading.ts`,
    'if (filling!.proposed) oldestMs = Math.min(oldestMs, promisedMs);',
    'if (filling === null) oldestMs = Math.min(oldestMs, promisedMs);',
    'aimed',
  ),
  one(
    'the record of an idempotency key is not replicated',
    `${model}/node.ts`,
    'replication.append(slot, hash, payloadOf(effect))',
    'replication.append(slot, hash, payloadOf({ key, ...(value !== undefined && { value }) }))',
  ),
  one(
    'a replay does not wait for the entry that it repeats the answer of',
    `${model}/node.ts`,
    '        known.sequence,\n        { status',
    '        0,\n        { status',
  ),
  one(
    'a write whose fate is unknown is called not done',
    `${model}/node.ts`,
    "respond({ status: isWrite ? 'unknown' : 'not_ready' });",
    "respond({ status: isWrite ? 'not_ready' : 'not_ready' });",
    'moves',
  ),
  one(
    // The node's own once: a reviewer found it, and the simulator did not look at how many copies had what was answered.
    'a write is acknowledged that was committed with fewer copies than its cache demands',
    `${model}/node.ts`,
    'return copiesMin > 1 && copies! < copiesMin;',
    'return copiesMin < 1 && copies! < copiesMin;',
  ),
  one(
    'a message without entries tells that all is committed',
    `${protocol}/leading.ts`,
    'committed: slot.committed,',
    'committed: entries.length === 0 ? slot.log.last : slot.committed,',
    'lossy',
  ),
  one(
    'a repetition is answered with fewer copies than its cache demands',
    `${model}/node.ts`,
    'outcome: known.mark.outcome },\n        copiesMin,',
    'outcome: known.mark.outcome },\n        1,',
  ),
  one(
    'the control plane carries out proposals of an older epoch',
    `${control}/view-moves.ts`,
    'copies[0] !== proposer || slotEpoch !== epoch)',
    'copies[0] !== proposer || slotEpoch < epoch)',
  ),
  one(
    'somebody is promoted who is not in sync',
    `${control}/view-deaths.ts`,
    'const kept = live.length > 0 ? live : remaining;',
    'const kept = live.length > 0 ? live : [...learners.filter((node) => heard[node]), ...remaining];',
  ),
  one(
    // The node's own once: a reviewer found it, and the simulator did not, as its nodes evicted nothing.
    'a delete of what the primary has evicted leaves the copies as they are',
    `${model}/executor-model.ts`,
    'return replicates ? { applied: false, leaves: null } : { applied: false };',
    'return { applied: false };',
    'memory',
  ),
  one(
    'a copy that has no room for an item keeps the older one',
    `${model}/store.ts`,
    'this.applyOwn(slot, sequence, effect);\n    const { noRoomShare } = this.#world;',
    'const { noRoomShare } = this.#world;\n    const { value: _, ...rest } = effect;\n    this.applyOwn(slot, sequence, this.#choices.chance(noRoomShare) ? rest : effect);',
    'memory',
  ),
  one(
    'a copied item gets its whole TTL again',
    `${model}/store.ts`,
    'Math.max(1, Math.ceil(expiresAtMs - nowMs()))',
    '1_500',
    'memory',
  ),
  one(
    'an expiry is told by the clock of the sender',
    `${model}/store.ts`,
    'nowMs() + expiry.ttlMs, ',
    'expiry.endMs, ',
    'memory',
  ),
  one(
    'a registration takes the place of whatever life has the id',
    `${model}/control.ts`,
    'if (running || registration.replaces !== incarnation)',
    'if (running && registration.replaces === incarnation)',
    'lossy',
  ),
  one(
    'a leader whose tenure is over still changes the view',
    `${model}/control.ts`,
    'if (this.#reachesDeposed()) return;\n      const [outcome]',
    'if (this.#reachesDeposed()) this.#view = this.#deposed!.view;\n      const [outcome]',
    'leaders',
  ),
];

export const mutants: readonly Mutant[] = [...known, ...own];
