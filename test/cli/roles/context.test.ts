import { describe, expect, test } from 'vitest';
import { readOption } from '../../../src/cli/options.ts';
import { defaultNodeId } from '../../../src/cli/roles/context.ts';

const longestZone = 'z'.repeat(32);

describe('default id of a node', () => {
  test('is role, zone and the whole host name as long as an id has room for it', () => {
    expect(defaultNodeId('control', undefined, 'cache-1.example')).toBe('control-cache-1.example');
    const host = 'h'.repeat(54);
    expect(defaultNodeId('storage', 'a', host)).toBe(`storage-a-${host}`);
    expect(defaultNodeId('storage', 'a', host)).toHaveLength(64);
  });

  test('differs for host names that differ late, and is the same each time', () => {
    for (const zone of ['a', longestZone]) {
      const hosts = ['1', '2'].map((last) => `ip-10-20-30-40.cache.eu-central-1.compute.internal.example.com-${last}`);
      const [one, other] = hosts.map((host) => defaultNodeId('storage', zone, host));
      expect(one).not.toBe(other);
      expect(one).toBe(defaultNodeId('storage', zone, hosts[0]!));
      expect(one!.startsWith(`storage-${zone}-ip-10-20-30`)).toBe(true);
    }
  });

  test('differs for host names that differ in characters that an id cannot have', () => {
    expect(defaultNodeId('storage', 'a', 'host 1')).not.toBe(defaultNodeId('storage', 'a', 'host/1'));
  });

  test.each(['h', 'h'.repeat(23), 'h'.repeat(24), 'h'.repeat(255), 'höst', '.'])('is a node id: %s', (host) => {
    for (const [role, zone] of [
      ['control', undefined],
      ['gateway', longestZone],
      ['storage', longestZone],
    ] as const) {
      const id = defaultNodeId(role, zone, host);
      expect(id.length).toBeLessThanOrEqual(64);
      expect(readOption('nodeId', id)).toBe(id);
    }
  });
});
