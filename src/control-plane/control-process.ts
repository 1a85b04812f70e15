/**
 * A control process: the control plane while this process is the one that leads it.
 *
 * On the embedded store it always leads, since nobody else can open the file. On a store that several processes
 * share it is a candidate. A follower holds no state and answers nothing but that it does not lead: what follows the
 * fleet must poll the leader, because acknowledgements and signs of life count there, and whoever asks a follower
 * goes on to the next URL by itself.
 */
import { sleep } from '../shared/control-link/backoff.ts';
import { GodwitError } from '../shared/errors.ts';
import { ControlPlane, type ControlPlaneOptions, type ControlPlaneStatistics } from './control-plane.ts';
import { keepHistoryShort } from './history.ts';
import { Leadership, type Tenure } from './leadership.ts';
import { controlPlaneLimits } from './limits.ts';
import type { CoordinationStore } from './store/coordination-store.ts';
import { FencedStore } from './store/fenced-store.ts';

export interface ControlProcessOptions extends ControlPlaneOptions {
  /** What is to be done first by whoever leads. */
  readonly prepare: (control: ControlPlane) => Promise<void>;
}

export interface CandidateOptions extends ControlProcessOptions {
  /** Name of this process among the candidates. */
  readonly id: string;
  readonly random: () => number;
}

/** Counts of a control process; those of the control plane while it leads. */
export interface ControlProcessStatistics {
  readonly leading: boolean;
  /** Times that this process began to lead. */
  readonly tenures: number;
  readonly control: ControlPlaneStatistics | undefined;
}

export interface ControlProcess {
  /** Takes up its work; `url` is the base URL of its listener, which the leader lists among the fleet's processes. */
  start(url: string): Promise<void>;
  /** The control plane. Throws `control_plane_unavailable` when this process does not lead it. */
  current(): ControlPlane;
  statistics(): ControlProcessStatistics;
  /** Answers all waiting polls; later ones are answered at once. */
  stopWaiting(): void;
  /**
   * Lets the changes under way finish, hands the leadership over, and closes the store; what is not done after
   * `deadlineMs` is cut off.
   */
  close(deadlineMs: number): Promise<void>;
}

/** Leads from its opening on, for as long as the process lives. */
export class SoleLeader implements ControlProcess {
  readonly #control: ControlPlane;
  #stopHousekeeping = () => {};

  private constructor(control: ControlPlane) {
    this.#control = control;
  }

  /** Rejects with `StoreError`. */
  static async open(options: ControlProcessOptions): Promise<SoleLeader> {
    const control = await ControlPlane.open(options);
    await options.prepare(control);
    return new SoleLeader(control);
  }

  async start(url: string): Promise<void> {
    await this.#control.registerSelf(url);
    this.#stopHousekeeping = keepHouse(this.#control);
  }

  current(): ControlPlane {
    return this.#control;
  }

  statistics(): ControlProcessStatistics {
    return { leading: true, tenures: 1, control: this.#control.statistics() };
  }

  stopWaiting(): void {
    this.#control.stopWaiting();
  }

  async close(): Promise<void> {
    this.#stopHousekeeping();
    await this.#control.close();
  }
}

/** Leads whenever it is elected. */
export class Candidate implements ControlProcess {
  readonly #options: CandidateOptions;
  readonly #leadership: Leadership;
  #url = '';
  #leading: { readonly control: ControlPlane; readonly tenure: Tenure } | undefined;
  /** Tenures that it has given up as it heard no node, since it heard one. */
  #deafTenures = 0;

  constructor(options: CandidateOptions) {
    this.#options = options;
    const { store, id, clock, log, random } = options;
    const lead = (tenure: Tenure) => this.#lead(tenure);
    this.#leadership = new Leadership({ store, id, clock, log, random, sleep, lead });
  }

  async start(url: string): Promise<void> {
    this.#url = url;
    this.#leadership.start();
  }

  current(): ControlPlane {
    if (this.#leading?.tenure.isCurrent() !== true) {
      throw new GodwitError('control_plane_unavailable', 'This control process does not lead.');
    }
    return this.#leading.control;
  }

  statistics(): ControlProcessStatistics {
    return {
      leading: this.#leading?.tenure.isCurrent() === true,
      tenures: this.#leadership.tenures,
      control: this.#leading?.control.statistics(),
    };
  }

  stopWaiting(): void {
    this.#leading?.control.stopWaiting();
  }

  async close(deadlineMs: number): Promise<void> {
    const { store } = this.#options;
    // A store that is closed lets go of whatever waits for it.
    const cutOff = setTimeout(() => void store.close(), deadlineMs);
    await this.#leadership.stop();
    clearTimeout(cutOff);
    await store.close();
  }

  async #lead(tenure: Tenure): Promise<void> {
    const store: CoordinationStore = new FencedStore(this.#options.store, tenure);
    const control = await ControlPlane.open({ ...this.#options, store, takesOver: true });
    let stopHousekeeping = () => {};
    try {
      await this.#options.prepare(control);
      await control.registerSelf(this.#url);
      stopHousekeeping = keepHouse(control, () => this.#resignIfDeaf(control, tenure));
      this.#leading = { control, tenure };
      void keepHistoryShort({ store, over: tenure.over, log: this.#options.log, sleep });
      await aborted(tenure.over);
    } finally {
      this.#leading = undefined;
      stopHousekeeping();
      await control.close();
    }
  }

  /**
   * A leader whom no node reaches is of no use, and may be the one that is cut off: it makes room for one that is reached.
   * Where nobody is, as all nodes are dead, the processes take turns that grow longer.
   */
  #resignIfDeaf(control: ControlPlane, tenure: Tenure): void {
    const { deafMsMin, deafMsMax } = controlPlaneLimits;
    const deafMs = control.deafForMs();
    if (deafMs === undefined) this.#deafTenures = 0;
    else if (deafMs >= Math.min(deafMsMax, deafMsMin * 2 ** this.#deafTenures) && !tenure.over.aborted) {
      // Beyond these a turn is at its longest.
      this.#deafTenures = Math.min(16, this.#deafTenures + 1);
      tenure.resign('no storage node is heard');
    }
  }
}

function keepHouse(control: ControlPlane, beforeLook = () => {}): () => void {
  const ticks = setInterval(() => void control.tick(), controlPlaneLimits.tickMs);
  const looks = setInterval(() => {
    beforeLook();
    void control.look();
  }, controlPlaneLimits.lookMs);
  return () => {
    clearInterval(ticks);
    clearInterval(looks);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
