import { existsSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join, resolve } from 'node:path';
import { failure, systemErrorCode } from '../cli-error.ts';
import { configuredFleetSecret, fleetSecretFileName, readCredentialFile, type SecretOptions } from '../credentials.ts';
import {
  channelPaths,
  portFileName,
  type StatusAnswer,
  socketPathOf,
  type UpgradeLine,
} from '../supervisor/channel-protocol.ts';
import type { FleetNodeAnswer } from './fleet-answers.ts';

export interface SupervisorOptions extends SecretOptions {
  readonly dataDir: string;
}

type NodeLife = Pick<FleetNodeAnswer, 'id' | 'incarnation'>;

type Door = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** The supervisor of `godwit start` on this machine, as the commands see it. */
export class SupervisorClient {
  readonly #door: Door;
  readonly #secret: string;

  private constructor(door: Door, secret: string) {
    this.#door = door;
    this.#secret = secret;
  }

  /**
   * The supervisor whose data directory this is; undefined when none has left its door there.
   * @throws CliError (exit code 2) when the fleet's secret cannot be read
   */
  static of(options: SupervisorOptions): SupervisorClient | undefined {
    const directory = resolve(options.dataDir);
    const socketPath = socketPathOf(directory);
    const portFile = join(directory, portFileName);
    let door: Door;
    if (socketPath !== undefined && existsSync(socketPath)) door = { socketPath };
    else if (existsSync(portFile)) door = { host: '127.0.0.1', port: Number(readFileSync(portFile, 'utf8')) };
    else return undefined;
    const secret =
      configuredFleetSecret(options) ??
      readCredentialFile(join(directory, fleetSecretFileName), 'the fleet secret file');
    return new SupervisorClient(door, secret);
  }

  /**
   * Whether a supervisor is behind the door, and this life is one of its storage nodes. A `namesake` has the id alone:
   * ids are the same in every fleet of `godwit start`, and the incarnation tells one fleet's node from another's.
   * @throws CliError (exit code 1) when it refuses, or would refuse to stop the node since something else is under way
   */
  async mayStop({ id, incarnation }: NodeLife): Promise<'yes' | 'no' | 'namesake'> {
    try {
      const { children, work } = (await this.#json('GET', channelPaths.status)) as StatusAnswer;
      const found = children.find((child) => child.id === id && child.role === 'storage');
      if (!found) return 'no';
      if (found.incarnation !== incarnation) return 'namesake';
      if (work !== undefined) throw failure(`not now: ${work} is under way`);
      return 'yes';
    } catch (error) {
      if (error instanceof DoorClosed) return 'no';
      throw error;
    }
  }

  /** Id of the new node, which is ready. */
  async addNode(zone: string): Promise<string> {
    const { id } = (await this.#json('POST', channelPaths.nodes, { zone })) as { id: string };
    return id;
  }

  /** Resolves with whether the next start has the node again. */
  async stopNode(id: string, options: { readonly force?: boolean } = {}): Promise<{ readonly returns: boolean }> {
    const path = `${channelPaths.nodes}/${encodeURIComponent(id)}${forceQuery(options)}`;
    return (await this.#json('DELETE', path)) as { returns: boolean };
  }

  /**
   * Rolls the fleet and tells each line of progress.
   * @throws CliError (exit code 1) for what ended it
   */
  async upgrade(onLine: (line: string) => void, options: { readonly force?: boolean } = {}): Promise<void> {
    const path = `${channelPaths.upgrade}${forceQuery(options)}`;
    for await (const { line, done, error } of linesOf(await this.#send('POST', path))) {
      if (error !== undefined) throw failure(error);
      if (done) return;
      if (line !== undefined) onLine(line);
    }
    throw failure('the supervisor ended before the upgrade did');
  }

  async #json(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#send(method, path, body);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return JSON.parse(text);
  }

  /** The answer's head; a refusal is thrown with its words. */
  async #send(method: string, path: string, body?: object): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolved, rejected) => {
      const headers = { authorization: `Bearer ${this.#secret}` };
      // a connection of its own: one kept from an earlier call may be that of a supervisor that has ended
      request({ ...this.#door, method, path, headers, agent: false }, resolved)
        .on('error', (error) => rejected(new DoorClosed(error)))
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
    if ((response.statusCode ?? 0) < 400) return response;
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    throw failure((JSON.parse(text) as { error: string }).error);
  }
}

function forceQuery({ force }: { readonly force?: boolean }): string {
  return force ? '?force=true' : '';
}

/** The lines of an answer, as far as they come. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<UpgradeLine> {
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield JSON.parse(line) as UpgradeLine;
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ECONNRESET') throw error;
  }
}

/** Nobody answers behind the door that a supervisor left, or it went away. */
export class DoorClosed extends Error {
  constructor(cause: unknown) {
    super('the supervisor does not answer', { cause });
    this.name = 'DoorClosed';
  }
}
