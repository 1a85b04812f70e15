/**
 * Random events against a fleet of views: whatever comes, in whatever order, the rules of a view hold. Learners join
 * only sometimes, primaries serve only sometimes, nodes come back after any time, and proposals may be stale.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLive, lifeOf } from '../../src/control-plane/lives.ts';
import { planSteps, targetOf } from '../../src/control-plane/planner.ts';
import { ScoreTable } from '../../src/control-plane/score-table.ts';
import { emptyView, withFirstPlacement, withRegistration } from '../../src/control-plane/view-changes.ts';
import { withDead, withHeard, withoutEmptyNodes, withSilent } from '../../src/control-plane/view-deaths.ts';
import { withNode, withProposals, withSlotChanges } from '../../src/control-plane/view-moves.ts';
import type { SlotProposal } from '../../src/shared/control-link/protocol.ts';
import type { SlotAssignment, View } from '../../src/shared/fleet-state.ts';
import { node } from './fixtures.ts';

const scores = new ScoreTable();
const scoresOf = (id: string) => scores.of(id);

interface Event {
  readonly kind: (typeof kinds)[number];
  readonly pick: number;
  readonly part: number;
}
const kinds = [
  'register',
  'restart',
  'silent',
  'heard',
  'dead',
  'drain',
  'undrain',
  'plan',
  'join',
  'shrink',
  'forget',
] as const;
const eventArbitrary: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom(...kinds, 'plan', 'plan', 'join', 'join'),
  pick: fc.nat(1_000),
  part: fc.nat(4),
});

class World {
  view: View;
  readonly #replicationFactor: number;
  #count = 0;
  /** Slots that the event itself let restart empty. */
  resets = 0;

  constructor(replicationFactor: number) {
    this.#replicationFactor = replicationFactor;
    let view = emptyView();
    for (const id of ['a-1', 'b-1', 'c-1', 'a-2']) view = withRegistration(view, node(id), this.#options).view;
    this.view = withFirstPlacement(view, replicationFactor, 0);
  }

  get #options() {
    return { wallMs: 0, replicationFactor: this.#replicationFactor, scoresOf };
  }

  apply({ kind, pick, part }: Event): void {
    const { nodes } = this.view;
    const index = pick % nodes.length;
    const chosen = nodes[index]!;
    const lives = new Set([lifeOf(chosen)]);
    const count = ++this.#count;
    if (kind === 'register' && nodes.length < 8) {
      this.#register(node(`${'abc'[pick % 3]}-${count + 10}`));
    } else if (kind === 'restart') {
      this.#register(node(chosen.id, `life-${count}`));
    } else if (kind === 'silent') {
      this.view = withSilent(this.view, lives).view;
    } else if (kind === 'heard') {
      this.view = withHeard(this.view, lives).view;
    } else if (kind === 'dead') {
      const { view, resets } = withDead(this.view, lives, this.#options);
      [this.view, this.resets] = [view, resets];
    } else if (kind === 'drain' && chosen.state === 'active') {
      this.view = withNode(this.view, index, { state: 'draining', standing: 'draining' });
    } else if (kind === 'undrain' && chosen.state === 'draining') {
      this.view = withNode(this.view, index, { state: 'active', standing: 'active' });
    } else if (kind === 'plan') {
      this.#plan(part);
    } else if (kind === 'join' || kind === 'shrink') {
      this.#propose(kind, pick, part);
    } else if (kind === 'forget') {
      this.#forget();
    }
  }

  #register(registration: ReturnType<typeof node>): void {
    const { view, resets } = withRegistration(this.view, registration, this.#options);
    [this.view, this.resets] = [view, resets];
  }

  #plan(part: number): void {
    const target = targetOf({
      ...{ view: this.view, replicationFactor: this.#replicationFactor, scoresOf },
      accepts: ({ id }) => part !== 1 || id !== 'b-1',
      avoids: (slot) => part === 2 && slot % 3 === 0,
    });
    const served = (slot: number): boolean => {
      const [primary] = this.view.slots[slot]![2];
      return primary !== undefined && isLive(this.view.nodes[primary]!) && (part !== 3 || slot % 5 !== 0);
    };
    const steps = planSteps(this.view, target, served);
    this.view = withSlotChanges(
      this.view,
      steps.map(({ change }) => change),
      0,
    );
  }

  /** What primaries propose, of some slots, and some of it in an epoch that is over. */
  #propose(kind: SlotProposal['kind'], pick: number, part: number): void {
    const { nodes, slots } = this.view;
    const batches = nodes.map((proposer, index) => {
      const proposals = slots.flatMap(([epoch, , copies, learners], slot): SlotProposal[] => {
        if (copies[0] !== index || slot % 5 === part) return [];
        const subject = kind === 'join' ? learners[0] : slot % 50 === pick % 50 ? copies[1] : undefined;
        if (subject === undefined) return [];
        return [{ slot, epoch: slot % 7 === part ? epoch - 1 : epoch, kind, life: lifeOf(nodes[subject]!) }];
      });
      return { life: lifeOf(proposer), proposals };
    });
    this.view = withProposals(this.view, batches)[0]!.view;
  }

  #forget(): void {
    const held = new Set(this.view.slots.flatMap(([, , copies, learners]) => [...copies, ...learners]));
    const over = this.view.nodes.filter((each, index) => each.state === 'dead' && !held.has(index));
    if (over.length < this.view.nodes.length) {
      this.view = withoutEmptyNodes(this.view, new Set(over.map(({ id }) => id)));
    }
  }
}

type Named = { epoch: number; dataEpoch: number; copies: string[]; learners: string[] };

/** A slot by lives: positions change when a node leaves the view. */
function named(view: View, [epoch, dataEpoch, copies, learners]: SlotAssignment): Named {
  const names = (held: number[]) => held.map((index) => lifeOf(view.nodes[index]!));
  return { epoch, dataEpoch, copies: names(copies), learners: names(learners) };
}

function broken(before: View, after: View, event: Event, resets: number): string | undefined {
  if (after === before) return undefined;
  if (after.number !== before.number + 1) return 'the number of the view';
  const zones = new Set(after.nodes.filter((each) => each.state === 'active').map(({ zone }) => zone)).size;
  let restarted = 0;
  for (const [slot, assignment] of after.slots.entries()) {
    const was = named(before, before.slots[slot]!);
    const is = named(after, assignment);
    const changed = JSON.stringify([was.copies, was.learners]) !== JSON.stringify([is.copies, is.learners]);
    const lost = was.copies.length > 0 && is.dataEpoch > was.dataEpoch;
    if (lost || (was.copies.length > 0 && is.copies.length === 0)) restarted++;
    if (is.epoch !== was.epoch + (changed ? 1 : 0)) return `the epoch of slot ${slot}`;
    if (is.dataEpoch < was.dataEpoch) return `the data epoch of slot ${slot}`;
    if (new Set([...is.copies, ...is.learners]).size !== is.copies.length + is.learners.length) return 'a node twice';
    if (is.dataEpoch === was.dataEpoch) {
      const joined = is.copies.filter((life) => !was.copies.includes(life));
      const isLegal = joined.length === 0 || (event.kind === 'join' && was.learners.includes(joined[0]!));
      if (!isLegal) return `slot ${slot} has a copy in sync that was not`;
      if (is.copies[0] !== was.copies[0] && is.copies[0] && !was.copies.includes(is.copies[0])) {
        return `slot ${slot} has a primary that was not in sync`;
      }
    }
    const added = is.learners.filter((life) => !was.learners.includes(life));
    for (const life of added) {
      const zoneOf = (each: string) => after.nodes.find((node) => lifeOf(node) === each)!;
      if (!isLive(zoneOf(life))) return `slot ${slot} has a learner that nobody hears`;
    }
    if (assignment[2].some((index) => after.nodes[index]!.state === 'dead')) return `slot ${slot} has a dead copy`;
    if (zones === 0 && added.length > 0) return `slot ${slot} has a learner where none may be`;
  }
  return restarted === resets ? undefined : `${restarted} slots restarted, ${resets} were counted`;
}

describe('rules of a view', () => {
  it('hold through any events', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(eventArbitrary, { maxLength: 30 }), (factor, events) => {
        const world = new World(factor);
        for (const event of events) {
          const before = world.view;
          world.resets = 0;
          world.apply(event);
          expect(broken(before, world.view, event, world.resets)).toBeUndefined();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('two copies of a slot are never given to one zone while another is alive', () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { maxLength: 30 }), (events) => {
        const world = new World(2);
        for (const event of events) world.apply(event);
        const before = world.view;
        world.apply({ kind: 'plan', pick: 0, part: 0 });
        const { nodes, slots } = world.view;
        for (const [slot, [, , copies, learners]] of slots.entries()) {
          const added = learners.filter((index) => !before.slots[slot]![3].includes(index));
          // A learner replaces a copy of its own zone, or is in one that no copy which stays is in.
          const staying = copies.filter(
            (index) =>
              nodes[index]!.state === 'active' && !added.some((each) => nodes[each]!.zone === nodes[index]!.zone),
          );
          for (const index of added) expect(staying.map((each) => nodes[each]!.zone)).not.toContain(nodes[index]!.zone);
          if (copies.length > 1 || added.length === 0) continue;
          // The second copy is to be in another zone, unless a learner is there already or no other zone is alive.
          const zone = nodes[copies[0]!]!.zone;
          const isLone = nodes.every((each) => each.state !== 'active' || each.zone === zone);
          const zones = learners.map((index) => nodes[index]!.zone);
          expect(isLone || zones.some((each) => each !== zone), JSON.stringify({ copies, learners, nodes })).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });
});
