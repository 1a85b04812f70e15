import { afterEach, describe, expect, it } from 'vitest';
import type { FleetClient } from '../../../src/routing/fleet-client.ts';
import { emptyFleetState } from '../../../src/shared/control-link/state-watcher.ts';
import { GodwitError } from '../../../src/shared/errors.ts';
import type { FleetNode } from '../../../src/shared/fleet-state.ts';
import { type Operation, octetStream } from '../../../src/shared/operation.ts';
import { sequenceOf } from '../../../src/storage-node/slot-lives.ts';
import { ManualSource, target, testCache, testRegistry, testView, utf8 } from '../../support/fleet-state.ts';
import { LoopbackNode, realFleetClient } from '../../support/loopback.ts';

const cache = testCache();
const registry = testRegistry(1, { cache: 1 });

/** Nodes with real listeners and links; the test is the control plane. */
class LoopbackFleet {
  readonly nodes = new Map<string, LoopbackNode>();
  readonly source = new ManualSource({ ...emptyFleetState(), registry, revision: 1 });
  readonly client: FleetClient = realFleetClient(this.source);
  readonly #dead: FleetNode[] = [];
  #number = 0;

  async start(...ids: string[]): Promise<this> {
    for (const id of ids) this.nodes.set(id, await new LoopbackNode(id).listen());
    return this;
  }

  /** Nodes learn of the view first, as they do who are told to take over. */
  view(copies: readonly string[], learners: readonly string[] = []): void {
    const number = ++this.#number;
    const nodes = [...[...this.nodes.values()].map(({ node }) => node), ...this.#dead];
    const places = (ids: readonly string[]) => ids.map((id) => nodes.findIndex((node) => node.id === id));
    const view = testView(number, nodes, () => [number, 1, places(copies), places(learners)]);
    for (const node of this.nodes.values()) node.apply(registry, view);
    this.source.set({ view });
  }

  async kill(id: string): Promise<void> {
    const node = this.nodes.get(id)!;
    this.nodes.delete(id);
    this.#dead.push({ ...node.node, state: 'dead' });
    await node.kill();
  }

  /** Resolves when this learner has been filled for every slot. */
  async filled(primary: string): Promise<void> {
    const { proposals } = this.nodes.get(primary)!;
    await until(() => new Set(proposals.filter(({ kind }) => kind === 'join').map(({ slot }) => slot)).size === 4_096);
  }

  contents(id: string): Map<string, string> {
    const { core } = this.nodes.get(id)!;
    const found = new Map<string, string>();
    core.engine.forEach(performance.now(), (item) => {
      const slot = core.store.slots.slotOf({ ...item, keyBytes: item.key, keyStart: 0, keyLength: item.key.length });
      if (!core.slots.isCurrent(slot, item.sequence)) return;
      found.set(Buffer.from(item.key).toString(), `${sequenceOf(item.sequence)} ${Buffer.from(item.value())}`);
    });
    return found;
  }

  async stop(): Promise<void> {
    this.client.close();
    for (const id of [...this.nodes.keys()]) await this.kill(id);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Writes without end, and knows what was acknowledged. */
class Load {
  readonly acknowledged = new Map<string, number>();
  readonly unknown = new Map<string, number>();
  readonly #client: FleetClient;
  readonly #running: Promise<void>[];
  #stopped = false;

  constructor(client: FleetClient, writers: number) {
    this.#client = client;
    this.#running = Array.from({ length: writers }, (_, writer) => this.#write(writer));
  }

  async #write(writer: number): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const key = `counter ${writer} ${i % 20}`;
      const operation: Operation = {
        kind: 'increment',
        ...target(cache, key),
        amount: 1n,
        ttlMs: 3_600_000,
        ttlOnCreateOnly: false,
      };
      try {
        const { status } = await this.#client.execute(operation);
        expect(status).toBe('done');
        count(this.acknowledged, key);
      } catch (error) {
        if (!(error instanceof GodwitError)) throw error;
        if (error.code === 'outcome_unknown') count(this.unknown, key);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  get count(): number {
    return [...this.acknowledged.values()].reduce((sum, one) => sum + one, 0);
  }

  /** That each counter is what was acknowledged, or more by what is unknown. */
  check(contents: Map<string, string>): void {
    for (const [key, acknowledged] of this.acknowledged) {
      const value = Number(contents.get(key)?.split(' ')[1]);
      expect(value, key).toBeGreaterThanOrEqual(acknowledged);
      expect(value, key).toBeLessThanOrEqual(acknowledged + (this.unknown.get(key) ?? 0));
    }
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

let fleet: LoopbackFleet;
afterEach(() => fleet.stop());

describe('replicated nodes over real connections', () => {
  it('a primary killed under load, a copy filled under load, and a planned move: nothing acknowledged is lost', async () => {
    fleet = await new LoopbackFleet().start('a', 'b', 'c');
    fleet.view(['a', 'b']);
    const load = new Load(fleet.client, 8);
    await until(() => load.count > 300);
    await fleet.kill('a');
    fleet.view(['b']);
    let reached = load.count + 300;
    await until(() => load.count > reached);
    fleet.view(['b'], ['c']);
    await fleet.filled('b');
    fleet.view(['b', 'c']);
    reached = load.count + 300;
    await until(() => load.count > reached);
    fleet.view(['c', 'b']);
    reached = load.count + 300;
    await until(() => load.count > reached);
    fleet.view(['c']);
    await load.stop();
    load.check(fleet.contents('c'));
  }, 60_000);

  it('both copies are the same when all is quiet, and large values travel too', async () => {
    fleet = await new LoopbackFleet().start('a', 'b');
    fleet.view(['a', 'b']);
    const load = new Load(fleet.client, 4);
    const value = utf8('large '.repeat(300_000));
    const large: Operation = {
      kind: 'set',
      ...target(cache, 'large'),
      value,
      contentType: octetStream,
      ttlMs: 3_600_000,
    };
    expect((await fleet.client.execute(large)).status).toBe('done');
    await until(() => load.count > 300);
    await load.stop();
    expect(fleet.contents('b')).toEqual(fleet.contents('a'));
    load.check(fleet.contents('b'));
    const read: Operation = { kind: 'get', ...target(cache, 'large'), balanced: true };
    expect((await fleet.client.execute(read)).item!.value.length).toBe(value.length);
  }, 60_000);
});
