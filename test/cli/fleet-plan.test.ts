import { describe, expect, test } from 'vitest';
import { addedNodesOf, planFleet, replicationFactorOf } from '../../src/cli/fleet-plan.ts';
import { parseCommand } from '../../src/cli/parse-options.ts';
import { childEnvironment } from '../../src/cli/supervisor/launch.ts';

const facts = {
  dataDir: '/data',
  publicPort: 8081,
  controlPort: 20_001,
  gateways: 2,
  nodeMemoryBytes: 2 ** 28,
  sharesPorts: true,
  addedNodes: [],
};

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

describe('copies and spares', () => {
  test('two copies in different zones, or as many as are asked for and there are zones', () => {
    expect(replicationFactorOf(undefined, ['a', 'b', 'c'])).toBe(2);
    expect(replicationFactorOf(undefined, ['a'])).toBe(1);
    expect(replicationFactorOf(3, ['a', 'b', 'c'])).toBe(3);
    expect(() => replicationFactorOf(3, ['a', 'b'])).toThrow(
      'bad --replication-factor: copies are in different zones, so 3 need as many zones, and --zones names 2',
    );
    const { control } = plan(['--replication-factor=3']);
    expect(parseCommand('control', control.flags, {}).options.replicationFactor).toBe(3);
  });

  test('spares are further nodes of each zone that the first placement does not wait for', () => {
    const { control, others } = plan(['--zones=a,b', '--spares-per-zone=1']);
    const storage = others.filter((child) => child.role === 'storage');
    const spare = storage.map((child) => parseCommand('storage', child.flags, {}).options.spare);
    expect(storage.map((child) => child.id)).toEqual(['a-1', 'a-2', 'b-1', 'b-2']);
    expect(spare).toEqual([false, true, false, true]);
    expect(parseCommand('control', control.flags, {}).options.expectedNodes).toBe(2);
  });

  test('targets of spares reach the control plane, and need spares', () => {
    const given = ['--spare-memory-target=0.8', '--spare-load-target=20000'];
    const { control } = plan([...given, '--spares-per-zone=1']);
    expect(parseCommand('control', control.flags, {}).options).toMatchObject({
      spareMemoryTarget: 0.8,
      spareLoadTarget: 20_000,
    });
    for (const target of given) {
      expect(() => plan([target])).toThrow(
        /^bad --spare-(memory|load)-target: there is no spare to take; give --spares-per-zone as well$/,
      );
    }
    expect(() => plan(['--spare-memory-target=80'])).toThrow('bad --spare-memory-target: 80 is out of range');
    expect(() => plan(['--spare-memory-target=0'])).toThrow('bad --spare-memory-target: 0 is out of range');
  });

  test('a node that is added has a number of its own in its zone', () => {
    const fleet = planFleet(parseCommand('start', ['--spares-per-zone=1'], {}).options, facts);
    const added = fleet.node('http://127.0.0.1:20001', 'b', ['a-3', 'b-1', 'b-2', 'b-3'])!;
    expect(added.id).toBe('b-4');
    expect(parseCommand('storage', added.flags, {}).options).toMatchObject({
      zone: 'b',
      spare: false,
      memory: 2 ** 28,
    });
    expect(fleet.node('http://127.0.0.1:20001', 'd', [])).toBeUndefined();
  });

  test('nodes that were added start again and are expected, but not twice, and in zones of the fleet only', () => {
    const { options } = parseCommand('start', ['--zones=a,b'], {});
    const remembered = ['a-1', 'a-2', 'b-7', 'c-2'].map((id) => ({ id, zone: id[0]! }));
    const addedNodes = addedNodesOf(options, remembered);
    expect(addedNodes.map(({ id }) => id)).toEqual(['a-2', 'b-7']);
    const fleet = planFleet(options, { ...facts, addedNodes });
    const storage = fleet.others('http://127.0.0.1:20001').filter((child) => child.role === 'storage');
    expect(storage.map((child) => child.id)).toEqual(['a-1', 'b-1', 'a-2', 'b-7']);
    expect(parseCommand('storage', storage.at(-1)!.flags, {}).options).toMatchObject({
      nodeId: 'b-7',
      zone: 'b',
      spare: false,
      memory: 2 ** 28,
    });
    expect(parseCommand('control', fleet.control.flags, {}).options.expectedNodes).toBe(4);
  });

  test('a lone gateway shares its port with its successor where the system can', () => {
    const portsShared = (sharesPorts: boolean) => {
      const fleet = planFleet(parseCommand('start', [], {}).options, { ...facts, gateways: 1, sharesPorts });
      return parseCommand('gateway', fleet.others('http://127.0.0.1:20001').at(-1)!.flags, {}).options.reusePort;
    };
    expect([portsShared(true), portsShared(false)]).toEqual([true, false]);
  });
});

describe('environment of a child', () => {
  const surroundings = { fleetSecret: 'the-secret', compileCache: '/data/compile-cache' };

  test('has the secret and a folder for compiled code, and none of the parent’s options', () => {
    const parent = { PATH: '/bin', GODWIT_PORT: '1', GODWIT_MEMORY: '1GB', EMPTY: undefined };
    expect(childEnvironment({ ...surroundings, parent })).toEqual({
      PATH: '/bin',
      NODE_COMPILE_CACHE: '/data/compile-cache',
      GODWIT_FLEET_SECRET: 'the-secret',
      GODWIT_SUPERVISED: '1',
    });
  });

  test('has no folder for compiled code where others could write into it', () => {
    const environment = childEnvironment({ fleetSecret: 's', compileCache: undefined, parent: {} });
    expect(environment).not.toHaveProperty('NODE_COMPILE_CACHE');
  });

  test('leaves the folder for compiled code to whoever has set one', () => {
    const environment = childEnvironment({ ...surroundings, parent: { NODE_COMPILE_CACHE: '/var/cache/node' } });
    expect(environment['NODE_COMPILE_CACHE']).toBe('/var/cache/node');
  });
});
