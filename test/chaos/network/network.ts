/** The network between the machines of a chaos run, with faults. A machine is one address that processes run at. */
export interface Network {
  readonly kind: 'namespaces' | 'proxy' | 'plain';
  /** Faults that this network cannot make here, each with the reason. */
  readonly missing: Readonly<Partial<Record<NetworkFault, string>>>;
  /** The address of a machine; makes it when it is new. */
  addressOf(machine: string): Promise<string>;
  /** How to start a process on a machine. */
  commandOn(machine: string, command: readonly string[]): readonly string[];
  /** Variables of a process on a machine. */
  environmentOf(machine: string): Readonly<Record<string, string>>;
  /** From now on nothing gets from one machine to the other; the way back stays as it is. Silent: nobody is told. */
  cut(from: string, to: string): Promise<void>;
  /** What a machine sends and is sent arrives late, or slowly. */
  slow(machine: string, delayMs: number): Promise<void>;
  /** Whether anything has been held up at a slow machine since it is slow. */
  hasSlowed(machine: string): Promise<boolean>;
  /** Ends all faults. */
  heal(): Promise<void>;
  /**
   * Whether a fresh connection between two machines carries bytes there and back within a moment; `port` is one on
   * which something listens on the other machine.
   */
  carries(from: string, to: string, port: number): Promise<boolean>;
  close(): Promise<void>;
}

export type NetworkFault = 'cut' | 'slow';

/** A network without faults: everything on loopback. */
export class PlainNetwork implements Network {
  readonly kind = 'plain';
  readonly missing = { cut: 'the network is plain', slow: 'the network is plain' };

  async addressOf(): Promise<string> {
    return '127.0.0.1';
  }

  commandOn(_machine: string, command: readonly string[]): readonly string[] {
    return command;
  }

  environmentOf(): Readonly<Record<string, string>> {
    return {};
  }

  async cut(): Promise<void> {
    throw new Error('a plain network has no faults');
  }

  async slow(): Promise<void> {
    throw new Error('a plain network has no faults');
  }

  async hasSlowed(): Promise<boolean> {
    return false;
  }

  async heal(): Promise<void> {}

  async carries(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {}
}
