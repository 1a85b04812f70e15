import { describe, expect, test } from 'vitest';
import { planFleet } from '../../src/cli/fleet-plan.ts';
import { parseCommand } from '../../src/cli/parse-options.ts';
import { childEnvironment } from '../../src/cli/supervisor/launch.ts';

const facts = { dataDir: '/data', publicPort: 8081, controlPort: 20_001, gateways: 2, nodeMemoryBytes: 2 ** 28 };

function plan(argv: string[] = []) {
  const fleet = planFleet(parseCommand('start', argv, {}).options, facts);
  return { control: fleet.control, others: fleet.others('http://127.0.0.1:20001') };
}

describe('plan of a fleet', () => {
  test('a control plane, a node in each zone, and gateways spread over the zones', () => {
    const { control, others } = plan();
    expect([control, ...others].map((child) => child.id)).toEqual([
      'control',
      'a-1',
      'b-1',
      'c-1',
      'gateway-1',
      'gateway-2',
    ]);
    const gateways = others.filter((child) => child.role === 'gateway');
    expect(gateways.map((child) => parseCommand('gateway', child.flags, {}).options.zone)).toEqual(['a', 'b']);
  });

  test('several nodes in a zone have names of their own, and the control plane expects them all', () => {
    const { control, others } = plan(['--zones=x,y', '--nodes-per-zone=2']);
    expect(others.filter((child) => child.role === 'storage').map((child) => child.id)).toEqual([
      'x-1',
      'x-2',
      'y-1',
      'y-2',
    ]);
    expect(parseCommand('control', control.flags, {}).options.expectedNodes).toBe(4);
  });

  test('the control plane places anew at the first start only', () => {
    const { control } = plan();
    expect(parseCommand('control', control.flags, {}).options.nodesStartAnew).toBe(false);
    expect(parseCommand('control', [...control.flags, ...control.firstFlags!], {}).options.nodesStartAnew).toBe(true);
  });

  test('options of the start reach the roles that have them', () => {
    const { control, others } = plan([
      '--metrics=open',
      '--create-caches',
      '--cors-origins=https://a.example',
      '--log-level=debug',
      '--eviction-policy=merge',
    ]);
    const gateway = parseCommand('gateway', others.at(-1)!.flags, {}).options;
    expect(gateway).toMatchObject({
      port: 8081,
      reusePort: true,
      metrics: 'open',
      createCaches: true,
      corsOrigins: ['https://a.example'],
      logLevel: 'debug',
      controlUrls: ['http://127.0.0.1:20001'],
    });
    expect(parseCommand('storage', others[0]!.flags, {}).options).toMatchObject({
      zone: 'a',
      memory: 2 ** 28,
      nodeId: 'a-1',
      evictionPolicy: 'merge',
    });
    expect(parseCommand('control', control.flags, {}).options).toMatchObject({
      dataDir: '/data',
      internalPort: 20_001,
    });
  });
});

describe('environment of a child', () => {
  test('has the secret, and none of the parent’s options', () => {
    const environment = childEnvironment(
      { PATH: '/bin', GODWIT_PORT: '1', GODWIT_MEMORY: '1GB', EMPTY: undefined },
      'the-secret',
    );
    expect(environment).toEqual({ PATH: '/bin', GODWIT_FLEET_SECRET: 'the-secret', GODWIT_SUPERVISED: '1' });
  });
});
