import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { configurationError, explainStartError, systemErrorCode } from './cli-error.ts';
import { cliLimits } from './limits.ts';

/**
 * Makes sure that nothing listens on the port, and says which port it is (0 takes a free one). Listens for a
 * moment without SO_REUSEPORT: gateways share their port, so that a second fleet would otherwise take a part
 * of the first one's connections without an error.
 * @param flag the option that the person can change
 * @throws CliError (exit code 2)
 */
export async function probePort(host: string, port: number, flag = '--port'): Promise<number> {
  try {
    return await listenOnce(host, port);
  } catch (error) {
    if (systemErrorCode(error) === 'EADDRINUSE') {
      throw configurationError(`port ${port} on ${host} is in use; choose another with ${flag}`, error);
    }
    throw explainStartError(error);
  }
}

/**
 * A free port for the control plane, which it can keep over a restart (see `cliLimits.controlPortMin`).
 * @param random a number in [0, 1)
 */
export async function chooseControlPort(host: string, random: () => number): Promise<number> {
  const { controlPortMin, controlPortMax, controlPortAttemptsMax } = cliLimits;
  for (let attempt = 0; attempt < controlPortAttemptsMax; attempt += 1) {
    const port = controlPortMin + Math.floor(random() * (controlPortMax - controlPortMin + 1));
    try {
      return await listenOnce(host, port);
    } catch (error) {
      if (systemErrorCode(error) !== 'EADDRINUSE') throw explainStartError(error);
    }
  }
  throw configurationError(`no free port between ${controlPortMin} and ${controlPortMax} on ${host}`);
}

async function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return bound;
}
