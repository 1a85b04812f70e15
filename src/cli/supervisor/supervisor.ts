import { configurationError, exitCodes, failure } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import type { AddedNodes } from './added-nodes.ts';
import type { ControlCalls } from './control-calls.ts';
import { DeathReports } from './death-reports.ts';
import type { RoleAddress } from './messages.ts';
import {
  type ChildDependencies,
  type ChildExit,
  type ChildPlan,
  type RoleName,
  SupervisedChild,
} from './supervised-child.ts';
import { upgradeFleet } from './upgrade.ts';

/** The processes of a fleet on one machine. */
export interface FleetPlan {
  readonly control: ChildPlan;
  /** Storage nodes and gateways, which need to know where the control plane is. */
  readonly others: (controlUrl: string) => readonly ChildPlan[];
  readonly zones: readonly string[];
  /** A further storage node, whose id is none of `taken`; undefined when there is no such zone. */
  readonly node: (controlUrl: string, zone: string, taken: readonly string[]) => ChildPlan | undefined;
}

export interface SupervisorDependencies extends ChildDependencies {
  /** The control plane at the URL that its child told. */
  readonly control: (url: () => string | undefined) => ControlCalls;
  /** Whether a gateway's successor can listen beside it. */
  readonly sharesPorts: boolean;
  readonly addedNodes: AddedNodes;
}

/** One child, for whoever looks. */
export interface ChildStatus {
  readonly id: string;
  readonly role: RoleName;
  /** Undefined while it is starting. */
  readonly url: string | undefined;
  /** Of a storage node that was ever ready: that of its newest life which was, also when that has ended. */
  readonly incarnation: string | undefined;
}

/** Tiers in the order in which they stop: first those that clients see. */
const stopOrder: readonly RoleName[] = ['gateway', 'storage', 'control'];

/**
 * Keeps the processes of a fleet running: the control plane first, then all others at once; restarts what
 * dies, and tells the control plane of it; stops tier by tier, so that no tier loses the one below it while it still
 * has work. Rolls them when the code is new, and adds and stops storage nodes.
 */
export class Supervisor {
  readonly #plan: FleetPlan;
  readonly #dependencies: SupervisorDependencies;
  readonly #children: SupervisedChild[] = [];
  readonly #control: ControlCalls;
  readonly #deaths: DeathReports;
  /** Children that have not been ready yet; empty from the end of the first start on. */
  readonly #awaited = new Set<string>();
  #controlUrl: string | undefined;
  #settleStart: ((outcome: 'ready' | 'stopped' | Error) => void) | undefined;
  #stopping: Promise<void> | undefined;
  /** What is being done to the fleet, one thing at a time. */
  #work: string | undefined;

  constructor(plan: FleetPlan, dependencies: SupervisorDependencies) {
    this.#plan = plan;
    this.#dependencies = dependencies;
    this.#control = dependencies.control(() => this.#controlUrl);
    this.#deaths = new DeathReports(this.#control.gone);
  }

  /**
   * Starts everything; resolves when every child is ready, or when it was told to stop before that.
   * @throws CliError with the line of a child that cannot start as configured (exit code 2), or with the
   * name of one that keeps dying or is not ready in time (exit code 1); nothing is left running then
   */
  start(): Promise<'ready' | 'stopped'> {
    const { timers } = this.#dependencies;
    return new Promise((resolve, reject) => {
      const cancel = timers.after(cliLimits.startTimeoutMs, () => {
        const late = [...this.#awaited].join(', ');
        this.#settleStart?.(failure(`not ready within ${cliLimits.startTimeoutMs / 1_000} s: ${late}`));
      });
      this.#settleStart = (outcome) => {
        this.#settleStart = undefined;
        cancel();
        if (!(outcome instanceof Error)) return resolve(outcome);
        this.kill();
        reject(outcome);
      };
      this.#launch([this.#plan.control]);
    });
  }

  /** Stops everything in order, at the latest after `totalMs`. */
  stop(totalMs: number): Promise<void> {
    this.#stopping ??= this.#stopInOrder(totalMs);
    return this.#stopping;
  }

  /** Stops everything at once. */
  kill(): void {
    this.#deaths.close();
    for (const child of this.#children) child.kill();
  }

  status(): { readonly children: readonly ChildStatus[]; readonly work: string | undefined } {
    const children = this.#children.map(({ plan: { id, role }, address, incarnation }) => {
      return { id, role, url: address?.url, incarnation };
    });
    return { children, work: this.#work };
  }

  /**
   * Rolls every process (see `upgrade.ts`), the only storage node and with it all items with `force` alone; `report` is
   * told how far it is. Who asked for it and has hung up ends it as long as nothing was restarted.
   * @throws CliError (exit code 1) when something else is under way, and for what ended it
   */
  async upgrade(
    report: (line: string) => void,
    options: { readonly force?: boolean; readonly hungUp?: () => boolean } = {},
  ): Promise<void> {
    const { timers, clock, sharesPorts } = this.#dependencies;
    await this.#alone('an upgrade', () =>
      upgradeFleet({
        children: () => this.#children,
        condition: () => this.#control.condition(),
        sharesPorts,
        force: options.force === true,
        timers,
        clock,
        report,
        stopping: () => this.#stopping !== undefined,
        hungUp: options.hungUp ?? (() => false),
      }),
    );
  }

  /**
   * Starts one more storage node in a zone; resolves with its id when it is ready. Later starts have it as well, until
   * it is stopped by name.
   * @throws CliError (exit code 1) when there is no such zone, too many are there, or it does not become ready; and
   * when it runs but cannot be kept for later starts
   */
  addNode(zone: string): Promise<string> {
    return this.#alone(`the start of a node in zone ${zone}`, async () => {
      const taken = this.#children.map(({ plan }) => plan.id);
      if (taken.length >= cliLimits.childrenMax) throw failure('there are as many processes as there may be');
      const plan = this.#controlUrl === undefined ? undefined : this.#plan.node(this.#controlUrl, zone, taken);
      if (!plan)
        throw failure(`this fleet has no zone ${zone}; --zones of its start names ${this.#plan.zones.join(', ')}`);
      const child = this.#childOf(plan);
      this.#children.push(child);
      try {
        // it has no process yet, so that this is its first start
        await child.restart({ deadlineMs: 0, leave: false });
      } catch (error) {
        this.#forget(child);
        throw error;
      }
      this.#dependencies.addedNodes.add({ id: plan.id, zone });
      return plan.id;
    });
  }

  /**
   * Ends a storage node for good, or at once with `force`. It has been drained: what it is given is the time of any
   * process that stops, and not that of handing over. Resolves with whether the next start has it again, since the
   * options ask for it.
   * @throws CliError (exit code 1) when there is no such node here, or it is the only one
   */
  stopNode(id: string, options: { readonly force?: boolean } = {}): Promise<{ readonly returns: boolean }> {
    return this.#alone(`the end of ${id}`, async () => {
      const storage = this.#children.filter(({ plan }) => plan.role === 'storage');
      const child = storage.find(({ plan }) => plan.id === id);
      if (!child) throw failure(`there is no storage node ${id} here`);
      if (storage.length === 1) throw failure(`${id} is the only storage node`);
      await child.drain(options.force ? 0 : cliLimits.childDrainMs, { leave: !options.force });
      this.#forget(child);
      return { returns: !this.#dependencies.addedNodes.remove(id) };
    });
  }

  async #alone<T>(work: string, run: () => Promise<T>): Promise<T> {
    if (this.#stopping) throw failure('the fleet stops');
    if (this.#settleStart) throw failure('the fleet is starting');
    if (this.#work !== undefined) throw failure(`not now: ${this.#work} is under way`);
    this.#work = work;
    try {
      return await run();
    } finally {
      this.#work = undefined;
    }
  }

  #forget(child: SupervisedChild): void {
    child.kill();
    const index = this.#children.indexOf(child);
    if (index >= 0) this.#children.splice(index, 1);
  }

  #childOf(plan: ChildPlan): SupervisedChild {
    return new SupervisedChild(plan, this.#dependencies, {
      onReady: (address) => this.#ready(plan, address),
      onExit: (exit) => this.#exited(plan, exit),
      onEnd: (address) => this.#ended(plan, address),
    });
  }

  #launch(plans: readonly ChildPlan[]): void {
    const children = plans.map((plan) => this.#childOf(plan));
    this.#children.push(...children);
    for (const plan of plans) this.#awaited.add(plan.id);
    for (const child of children) child.start();
  }

  #ready(plan: ChildPlan, address: RoleAddress): void {
    this.#dependencies.log.info({ child: plan.id, url: address.url }, 'child is ready');
    this.#awaited.delete(plan.id);
    this.#deaths.settled(plan.id);
    if (!this.#settleStart) return;
    if (plan.role === 'control' && this.#controlUrl === undefined) {
      this.#controlUrl = address.internalUrl;
      this.#launch(this.#plan.others(this.#controlUrl));
    }
    if (this.#awaited.size === 0) this.#settleStart('ready');
  }

  /** Whatever ended it: the process is gone, and with it all that it held. */
  #ended(plan: ChildPlan, address: RoleAddress | undefined): void {
    const incarnation = address?.incarnation;
    // the whole fleet stops: nobody takes over from whom
    if (incarnation === undefined || this.#stopping) return;
    this.#deaths.ended({ id: plan.id, incarnation });
  }

  #exited(plan: ChildPlan, exit: ChildExit): void {
    if (!this.#settleStart || exit.wasReady) return;
    if (exit.code === exitCodes.configuration) {
      this.#settleStart(configurationError(exit.message ?? `${plan.id} cannot start as configured`));
    } else if (exit.deaths >= cliLimits.startAttemptsMax) {
      const how = exit.signal ? `was ended by ${exit.signal}` : `exited with code ${exit.code}`;
      this.#settleStart(failure(`${plan.id} ${how} ${exit.deaths} times before it was ready; its log lines say why`));
    }
  }

  async #stopInOrder(totalMs: number): Promise<void> {
    const { clock } = this.#dependencies;
    this.#settleStart?.('stopped');
    this.#deaths.close();
    for (const child of this.#children) child.fleetStops();
    const budgetMs = Math.max(0, totalMs - cliLimits.drainReserveMs);
    const endMs = clock.monotonicMs() + budgetMs;
    // what a tier leaves of its share goes to the next one
    let laterShare = 1;
    for (const role of stopOrder) {
      laterShare -= cliLimits.drainShares[role];
      const deadlineMs = Math.max(0, Math.round(endMs - clock.monotonicMs() - laterShare * budgetMs));
      await Promise.all(
        this.#children.filter((child) => child.plan.role === role).map((child) => child.drain(deadlineMs)),
      );
    }
  }
}
