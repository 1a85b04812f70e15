/**
 * The supervisor's own door, for `godwit fleet add` and `godwit fleet upgrade`: JSON over HTTP on a Unix domain socket
 * in the data directory, for who shows the fleet's secret. Where the path is too long for a socket, or the system has
 * none, it is a port of the loopback address, which a file beside it names.
 */
import { once } from 'node:events';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { Log } from '../../shared/process.ts';
import { SecretCheck } from '../../shared/secret-check.ts';
import { CliError, systemErrorCode } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import { channelPaths, portFileName, socketPathOf } from './channel-protocol.ts';
import type { Supervisor } from './supervisor.ts';

export interface ChannelParts {
  readonly supervisor: Pick<Supervisor, 'status' | 'upgrade' | 'addNode' | 'stopNode'>;
  readonly dataDir: string;
  readonly fleetSecret: string;
  readonly log: Log;
}

/** Opens the door. Resolves with the way to close it, which is done when the fleet stops. */
export async function openControlChannel(parts: ChannelParts): Promise<() => void> {
  const server = createServer((request, response) => void serve(parts, request, response));
  const files = await listen(server, parts.dataDir);
  return () => {
    server.close();
    server.closeAllConnections();
    for (const file of files) rmSync(file, { force: true });
  };
}

/** The files that name the door, which go with it. */
async function listen(server: Server, dataDir: string): Promise<readonly string[]> {
  const socketPath = socketPathOf(dataDir);
  if (socketPath !== undefined) {
    // one that is left of a supervisor that was killed
    if (!(await answers(socketPath))) rmSync(socketPath, { force: true });
    try {
      server.listen(socketPath);
      await once(server, 'listening');
      chmodSync(socketPath, 0o600);
      return [socketPath];
    } catch (error) {
      // a file system without sockets
      if (systemErrorCode(error) === 'EADDRINUSE') throw error;
    }
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const portFile = join(dataDir, portFileName);
  writeFileSync(portFile, `${(server.address() as AddressInfo).port}\n`, { mode: 0o600 });
  return [portFile];
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function serve(parts: ChannelParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!new SecretCheck(parts.fleetSecret).matches(request.headers.authorization)) {
      return answer(response, 401, { error: 'the fleet secret is another one' });
    }
    await route(parts, request, response);
  } catch (error) {
    if (!(error instanceof CliError)) parts.log.error({ err: error }, 'a command to the supervisor failed');
    const text = error instanceof CliError ? error.message : 'the command failed; the supervisor’s log says why';
    if (!response.headersSent) answer(response, 409, { error: text });
    else response.end(`${JSON.stringify({ error: text })}\n`);
  }
}

async function route({ supervisor }: ChannelParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { nodes, status, upgrade } = channelPaths;
  const [name = '', query] = (request.url ?? '').split('?');
  const force = query === 'force=true';
  switch (`${request.method} ${name}`) {
    case `GET ${status}`:
      return answer(response, 200, supervisor.status());
    case `POST ${nodes}`:
      return answer(response, 201, { id: await supervisor.addNode(await zoneOf(request)) });
    case `POST ${upgrade}`: {
      // lines of progress, and a last one that says how it ended; who hangs up stops only what has not begun
      const hungUp = () => response.destroyed;
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      await supervisor.upgrade((line) => void response.write(`${JSON.stringify({ line })}\n`), { force, hungUp });
      response.end(`${JSON.stringify({ done: true })}\n`);
      return;
    }
  }
  if (request.method === 'DELETE' && name.startsWith(`${nodes}/`)) {
    const id = decodeURIComponent(name.slice(nodes.length + 1));
    const { returns } = await supervisor.stopNode(id, { force });
    return answer(response, 200, { id, returns });
  }
  answer(response, 404, { error: 'the supervisor knows no such command; is it of another version?' });
}

async function zoneOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > cliLimits.channelBodyBytesMax) break;
  }
  try {
    const { zone } = JSON.parse(text) as { zone?: unknown };
    if (typeof zone === 'string') return zone;
  } catch {
    // told below
  }
  throw new CliError('the command names no zone', 1);
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
