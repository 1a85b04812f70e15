import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DoorClosed, SupervisorClient } from '../../../src/cli/client/supervisor.ts';
import { portFileName, socketPathOf } from '../../../src/cli/supervisor/channel-protocol.ts';
import { type ChannelParts, openControlChannel } from '../../../src/cli/supervisor/control-channel.ts';
import { silentLog } from '../../../src/shared/process.ts';

const secret = 's'.repeat(32);
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-door-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(dataDir: string, more: Partial<ChannelParts['supervisor']> = {}, log = silentLog) {
  return openControlChannel({
    dataDir,
    fleetSecret: secret,
    log,
    supervisor: {
      status: () => ({
        children: [{ id: 'a-1', role: 'storage', url: 'http://a', incarnation: 'life' }],
        work: undefined,
      }),
      upgrade: async () => {},
      addNode: async (zone) => `${zone}-9`,
      stopNode: async () => ({ returns: false }),
      ...more,
    },
  });
}

const clientOf = (dataDir: string, fleetSecret = secret) =>
  SupervisorClient.of({ dataDir, fleetSecret, fleetSecretFile: undefined });

describe('the door of a supervisor', () => {
  test('is a socket that its owner alone may use, and is gone when it closes', async () => {
    const close = await open(directory);
    const path = socketPathOf(directory)!;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await clientOf(directory)!.mayStop({ id: 'a-1', incarnation: 'life' })).toBe('yes');
    expect(await clientOf(directory)!.mayStop({ id: 'a-1', incarnation: 'another life' })).toBe('namesake');
    expect(await clientOf(directory)!.mayStop({ id: 'b-1', incarnation: 'life' })).toBe('no');
    close();
    expect(existsSync(path)).toBe(false);
    expect(clientOf(directory)).toBeUndefined();
  });

  test('is a port of this machine where the path is too long for a socket', async () => {
    const deep = join(directory, 'd'.repeat(120));
    mkdirSync(deep);
    const close = await open(deep);
    const file = join(deep, portFileName);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(Number(readFileSync(file, 'utf8'))).toBeGreaterThan(0);
    expect(await clientOf(deep)!.addNode('b')).toBe('b-9');
    close();
    expect(existsSync(file)).toBe(false);
  });

  test('takes the place of one that a killed supervisor left, and not of one that answers', async () => {
    const path = socketPathOf(directory)!;
    writeFileSync(path, '');
    const close = await open(directory);
    expect(await clientOf(directory)!.mayStop({ id: 'a-1', incarnation: 'life' })).toBe('yes');
    await expect(open(directory)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    close();
  });

  test('is closed to who shows another secret', async () => {
    const close = await open(directory);
    await expect(clientOf(directory, 'x'.repeat(32))!.addNode('b')).rejects.toThrow('the fleet secret is another one');
    close();
  });

  test('one that nobody is behind is told from one that refuses', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(join(directory, portFileName), `${port}\n`);
    await expect(clientOf(directory)!.addNode('b')).rejects.toBeInstanceOf(DoorClosed);
    expect(await clientOf(directory)!.mayStop({ id: 'a-1', incarnation: 'life' })).toBe('no');
  });

  test('a defect is told without its words, and logged with them', async () => {
    const logged: object[] = [];
    const log = { ...silentLog, error: (fields: object) => void logged.push(fields) };
    const close = await open(directory, { stopNode: () => Promise.reject(new TypeError('of the code')) }, log);
    await expect(clientOf(directory)!.stopNode('a-1')).rejects.toThrow(
      'the command failed; the supervisor’s log says why',
    );
    expect(logged).toHaveLength(1);
    close();
  });

  test('an upgrade learns that who asked for it hung up', async () => {
    let hungUp: (() => boolean) | undefined;
    const upgrade: ChannelParts['supervisor']['upgrade'] = (report, order) => {
      hungUp = order?.hungUp;
      report('waiting');
      return new Promise(() => {});
    };
    const close = await open(directory, { upgrade });
    const headers = { authorization: `Bearer ${secret}` };
    const asked = request({ socketPath: socketPathOf(directory)!, method: 'POST', path: '/upgrade', headers }).end();
    await once(asked, 'response');
    expect(hungUp!()).toBe(false);
    asked.destroy();
    await vi.waitFor(() => expect(hungUp!()).toBe(true));
    close();
  });

  test('a node’s name travels as it is', async () => {
    const stopped: unknown[] = [];
    const stopNode: ChannelParts['supervisor']['stopNode'] = async (id, { force } = {}) => {
      stopped.push([id, force]);
      return { returns: !force };
    };
    const close = await open(directory, { stopNode });
    expect(await clientOf(directory)!.stopNode('a/1 ä')).toMatchObject({ returns: true });
    expect(await clientOf(directory)!.stopNode('a?1', { force: true })).toMatchObject({ returns: false });
    expect(stopped).toEqual([
      ['a/1 ä', false],
      ['a?1', true],
    ]);
    close();
  });
});
