import type { ControlPlane } from '../../src/control-plane/control-plane.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { indexOfLife, type Life, lifeOf } from '../../src/control-plane/lives.ts';
import type { CoordinationStore } from '../../src/control-plane/store/coordination-store.ts';
import type { ManualClock } from '../../src/shared/clock.ts';
import type { Heartbeat, HeartbeatAnswer, SlotProposal } from '../../src/shared/control-link/protocol.ts';
import type { View } from '../../src/shared/fleet-state.ts';
import { heartbeatOf, node, openControl } from './fixtures.ts';

export interface FakeNode {
  readonly life: Life;
  /** Sends heartbeats. */
  speaks: boolean;
  /** Has its learners join, as the primary of a slot does once they have everything. */
  fills: boolean;
  more: Partial<Heartbeat>;
  answer: HeartbeatAnswer | undefined;
}

/** A control plane with nodes that say what real ones would, in the time of a manual clock. */
export class FakeNodes {
  control: ControlPlane;
  readonly clock: ManualClock;
  readonly nodes = new Map<Life, FakeNode>();
  /** Called after each look. */
  onView: (view: View) => void = () => {};

  private constructor(control: ControlPlane, clock: ManualClock) {
    this.control = control;
    this.clock = clock;
  }

  static async start(ids: readonly string[], options: Parameters<typeof openControl>[0] = {}): Promise<FakeNodes> {
    const { control, clock } = await openControl({ expectedNodes: ids.length, replicationFactor: 2, ...options });
    const fleet = new FakeNodes(control, clock);
    for (const id of ids) await fleet.join(id);
    return fleet;
  }

  /** Another control process leads from here on, over the same store. */
  async changeLeader(store: CoordinationStore, more: Parameters<typeof openControl>[0] = {}): Promise<void> {
    const options = { replicationFactor: 2, store, clock: this.clock, takesOver: true, ...more };
    this.control = (await openControl(options)).control;
  }

  get view(): View {
    return this.control.state.view;
  }

  async join(id: string, incarnation = `${id}-life-1`, more: { spare?: boolean } = {}): Promise<FakeNode> {
    // Its supervisor says that the former life has ended, before it starts the next one.
    for (const former of this.view.nodes) {
      if (former.id === id && former.incarnation !== incarnation && former.state !== 'dead')
        await this.control.steward.confirmDead(lifeOf(former));
    }
    await this.control.registerNode({ ...node(id, incarnation), ...more });
    const fresh: FakeNode = { life: `${id}/${incarnation}`, speaks: true, fills: true, more: {}, answer: undefined };
    for (const life of this.nodes.keys()) if (life.startsWith(`${id}/`)) this.nodes.delete(life);
    this.nodes.set(fresh.life, fresh);
    return fresh;
  }

  node(id: string): FakeNode {
    for (const each of this.nodes.values()) if (each.life.startsWith(`${id}/`)) return each;
    throw new Error(`no node ${id}`);
  }

  /** Time passes in steps of a look. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += controlPlaneLimits.lookMs) {
      this.clock.advance(controlPlaneLimits.lookMs);
      await this.step();
    }
  }

  /** Time passes until nothing moves any more. */
  async settle(msMax = 120_000): Promise<void> {
    let isAtRest = false;
    for (let passed = 0; passed < msMax; passed += 500) {
      await this.pass(500);
      // when nothing is left of one target, another one is computed
      const wasAtRest = isAtRest;
      isAtRest = this.view.slots.every(([, , , learners]) => learners.length === 0) && this.#steps() === 0;
      if (isAtRest && wasAtRest) return;
    }
    throw new Error('the fleet does not come to rest');
  }

  async step(): Promise<void> {
    for (const each of this.nodes.values()) if (each.speaks) this.#heartbeat(each);
    await Promise.all([...this.nodes.values()].map((each) => this.#joinLearners(each)));
    await this.control.look();
    this.onView(this.view);
  }

  /** How many slots each node is primary of, and holds in all. */
  held(): Record<string, [primaries: number, copies: number]> {
    const held = Object.fromEntries(this.view.nodes.map(({ id }) => [id, [0, 0] as [number, number]]));
    for (const [, , copies] of this.view.slots) {
      for (const [place, index] of copies.entries()) {
        const counts = held[this.view.nodes[index]!.id]!;
        if (place === 0) counts[0]++;
        counts[1]++;
      }
    }
    return held;
  }

  state(id: string): string | undefined {
    return this.view.nodes.find((each) => each.id === id)?.state;
  }

  events(): string[] {
    return this.control.steward.events.list(1_000).map(({ kind, node: id, slots }) => {
      return [kind, ...(id === null ? [] : [id]), ...(slots === null ? [] : [String(slots)])].join(' ');
    });
  }

  #steps(): number {
    return this.control.steward.plan().steps_total;
  }

  #heartbeat(each: FakeNode): void {
    each.answer = this.control.steward.heartbeat(heartbeatOf(each.life, { view: this.view.number, ...each.more }));
  }

  async #joinLearners(each: FakeNode): Promise<void> {
    const { view } = this;
    const primary = indexOfLife(view, each.life);
    if (primary < 0 || !each.speaks || !each.fills) return;
    const proposals: SlotProposal[] = [];
    for (const [slot, [epoch, , copies, learners]] of view.slots.entries()) {
      if (copies[0] !== primary) continue;
      for (const learner of learners) {
        const life = lifeOf(view.nodes[learner]!);
        if (this.nodes.get(life)?.speaks) proposals.push({ slot, epoch, kind: 'join', life });
      }
    }
    if (proposals.length === 0) return;
    const [id, incarnation] = each.life.split('/') as [string, string];
    await this.control.steward.propose({ id, incarnation, proposals });
  }
}
