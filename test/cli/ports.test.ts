import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { cliLimits } from '../../src/cli/limits.ts';
import { chooseControlPort, probePort } from '../../src/cli/ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(options: { port: number; reusePort?: boolean }): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen({ host: '127.0.0.1', ...options });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('probe of the public port', () => {
  test('a free one is given back, and is free afterwards', async () => {
    const port = await probePort('127.0.0.1', 0);
    expect(port).toBeGreaterThan(0);
    expect(await probePort('127.0.0.1', port)).toBe(port);
    expect(await listening({ port })).toBe(port);
  });

  test('one in use is refused, also when its user would share it', async () => {
    for (const reusePort of [false, true]) {
      const port = await listening({ port: 0, reusePort });
      await expect(probePort('127.0.0.1', port)).rejects.toMatchObject({
        exitCode: 2,
        message: `port ${port} on 127.0.0.1 is in use; choose another with --port`,
      });
    }
  });

  test('an address that is not this machine’s is refused', async () => {
    await expect(probePort('192.0.2.1', 0)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--host'),
    });
  });
});

describe('port of the control plane', () => {
  test('lies below the ephemeral ranges and passes over those in use', async () => {
    const first = await chooseControlPort('127.0.0.1', () => 0.5);
    expect(first).toBeGreaterThanOrEqual(cliLimits.controlPortMin);
    expect(first).toBeLessThanOrEqual(cliLimits.controlPortMax);
    await listening({ port: first });
    const tries = [0.5, 0.6];
    const second = await chooseControlPort('127.0.0.1', () => tries.shift() ?? 0.7);
    expect(second).not.toBe(first);
  });

  test('gives up when every port it tries is in use', async () => {
    const port = await chooseControlPort('127.0.0.1', () => 0.25);
    await listening({ port });
    await expect(chooseControlPort('127.0.0.1', () => 0.25)).rejects.toMatchObject({ exitCode: 2 });
  });
});
