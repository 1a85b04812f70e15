import { describe, expect, test } from 'vitest';
import { gatewayCount, type Machine, nodeMemoryBytes } from '../../src/cli/machine.ts';

const gib = 2 ** 30;
const mib = 2 ** 20;
const machine = (more: Partial<Machine> = {}): Machine => ({
  cores: 2,
  memoryBytes: 8 * gib,
  freeMemoryBytes: 6 * gib,
  sharesPorts: true,
  ...more,
});

describe('memory of a node', () => {
  test('told: the fleet’s memory is split evenly', () => {
    expect(nodeMemoryBytes(3 * gib, 3, machine())).toBe(gib);
    expect(nodeMemoryBytes(1e9, 3, machine())).toBe(333_333_333);
  });

  test('told too little: says the least that works', () => {
    expect(() => nodeMemoryBytes(64 * mib, 3, machine())).toThrow(
      'bad --memory: 64 MiB for 3 storage nodes is less than 32 MiB each; give at least 96 MiB',
    );
  });

  test('not told: a quarter of the machine', () => {
    expect(nodeMemoryBytes(undefined, 4, machine())).toBe(512 * mib);
  });

  test('not told: no more than half of what is free', () => {
    expect(nodeMemoryBytes(undefined, 4, machine({ freeMemoryBytes: 2 * gib }))).toBe(256 * mib);
  });

  test('not told: at most 1 GiB on a large machine, at least 32 MiB on a full one', () => {
    expect(nodeMemoryBytes(undefined, 3, machine({ memoryBytes: 256 * gib, freeMemoryBytes: 200 * gib }))).toBe(gib);
    expect(nodeMemoryBytes(undefined, 3, machine({ freeMemoryBytes: 8 * mib }))).toBe(32 * mib);
  });
});

describe('gateways', () => {
  test.each([
    [1, 1],
    [2, 1],
    [4, 2],
    [8, 4],
    [64, 4],
  ])('not told, %i cores: %i', (cores, gateways) => {
    expect(gatewayCount(undefined, machine({ cores }))).toBe(gateways);
  });

  test('where the system cannot share a port there is one, and asking for more is refused', () => {
    const alone = machine({ cores: 8, sharesPorts: false });
    expect(gatewayCount(undefined, alone)).toBe(1);
    expect(gatewayCount(1, alone)).toBe(1);
    expect(() => gatewayCount(2, alone)).toThrow('cannot share one port');
  });
});
