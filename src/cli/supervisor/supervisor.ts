import { configurationError, exitCodes, failure } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import type { RoleAddress } from './messages.ts';
import {
  type ChildDependencies,
  type ChildExit,
  type ChildPlan,
  type RoleName,
  SupervisedChild,
} from './supervised-child.ts';

/** The processes of a fleet on one machine. */
export interface FleetPlan {
  readonly control: ChildPlan;
  /** Storage nodes and gateways, which need to know where the control plane is. */
  readonly others: (controlUrl: string) => readonly ChildPlan[];
}

/** Tiers in the order in which they stop: first those that clients see. */
const stopOrder: readonly RoleName[] = ['gateway', 'storage', 'control'];

/**
 * Keeps the processes of a fleet running: the control plane first, then all others at once; restarts what
 * dies; stops tier by tier, so that no tier loses the one below it while it still has work.
 */
export class Supervisor {
  readonly #plan: FleetPlan;
  readonly #dependencies: ChildDependencies;
  readonly #children: SupervisedChild[] = [];
  /** Children that have not been ready yet; empty from the end of the first start on. */
  readonly #awaited = new Set<string>();
  #controlUrl: string | undefined;
  #settleStart: ((outcome: 'ready' | 'stopped' | Error) => void) | undefined;
  #stopping: Promise<void> | undefined;

  constructor(plan: FleetPlan, dependencies: ChildDependencies) {
    this.#plan = plan;
    this.#dependencies = dependencies;
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
    for (const child of this.#children) child.kill();
  }

  #launch(plans: readonly ChildPlan[]): void {
    const children = plans.map(
      (plan) =>
        new SupervisedChild(plan, this.#dependencies, {
          onReady: (address) => this.#ready(plan, address),
          onExit: (exit) => this.#exited(plan, exit),
        }),
    );
    this.#children.push(...children);
    for (const plan of plans) this.#awaited.add(plan.id);
    for (const child of children) child.start();
  }

  #ready(plan: ChildPlan, address: RoleAddress): void {
    this.#dependencies.log.info({ child: plan.id, url: address.url }, 'child is ready');
    this.#awaited.delete(plan.id);
    if (!this.#settleStart) return;
    if (plan.role === 'control' && this.#controlUrl === undefined) {
      this.#controlUrl = address.internalUrl;
      this.#launch(this.#plan.others(this.#controlUrl));
    }
    if (this.#awaited.size === 0) this.#settleStart('ready');
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
