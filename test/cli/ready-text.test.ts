import { describe, expect, test } from 'vitest';
import { commandOf, publicUrl, readyText } from '../../src/cli/ready-text.ts';

const facts = {
  version: '1.2.3',
  startedInMs: 1_234,
  host: '127.0.0.1',
  port: 8080,
  dataDir: '/home/me/project/.godwit',
  workingDir: '/home/me/project',
  gateways: 1,
  zones: ['a', 'b', 'c'],
  nodesPerZone: 1,
  sparesPerZone: 0,
  addedNodes: [],
  copies: 2,
  nodeMemoryBytes: 512 * 2 ** 20,
  command: 'npx godwit',
};

describe('ready text', () => {
  test('says where everything is, with curl lines for the default cache', () => {
    const text = readyText(facts);
    expect(text).toContain('Godwit 1.2.3 is ready after 1.2 s.');
    expect(text).toContain('1 gateway, 3 storage nodes of 512 MiB in zones a, b, c, control plane');
    expect(text).toContain('768 MiB for items: the nodes keep each item 2 times, in different zones');
    expect(text).toContain(
      'curl -X PUT "http://127.0.0.1:8080/cache/default?key=hello&ttl_seconds=60" -H "Authorization: Bearer $(cat .godwit/admin.key)" -d world\n',
    );
    expect(text).toContain(
      'curl "http://127.0.0.1:8080/cache/default?key=hello" -H "Authorization: Bearer $(cat .godwit/admin.key)"\n',
    );
  });

  test('spares are told, and count for no room', () => {
    const text = readyText({ ...facts, sparesPerZone: 1, copies: 1 });
    expect(text).toContain('in zones a, b, c, 3 spares, control plane');
    expect(text).toContain('1.5 GiB for items: the nodes keep each item once');
  });

  test('nodes that were added are named, and count', () => {
    const text = readyText({ ...facts, addedNodes: ['a-2'] });
    expect(text).toContain('4 storage nodes of 512 MiB in zones a, b, c (with a-2, once added), control plane');
    expect(text).toContain('1 GiB for items');
  });

  test('a data directory elsewhere is given in full, and quoted for the shell', () => {
    expect(readyText({ ...facts, dataDir: '/var/lib/godwit' })).toContain('$(cat /var/lib/godwit/admin.key)');
    expect(readyText({ ...facts, dataDir: "/srv/it's here" })).toContain("$(cat '/srv/it'\\''s here/admin.key')");
  });

  test('the command that shows the fleet has the options that it needs here', () => {
    expect(readyText(facts)).toContain('\n  npx godwit fleet status\n');
    expect(readyText({ ...facts, port: 9000, dataDir: '/srv/my data' })).toContain(
      "\n  npx godwit fleet status --url http://127.0.0.1:9000 --data-dir '/srv/my data'\n",
    );
    expect(commandOf({})).toBe('godwit');
    expect(commandOf({ npm_lifecycle_event: 'npx' })).toBe('npx godwit');
    expect(commandOf({ npm_lifecycle_event: 'start' })).toBe('npm run godwit --');
  });

  test('a listener on all addresses is shown where this machine reaches it', () => {
    expect(publicUrl('0.0.0.0', 80)).toBe('http://127.0.0.1:80');
    expect(publicUrl('::', 80)).toBe('http://[::1]:80');
    expect(publicUrl('::1', 80)).toBe('http://[::1]:80');
    expect(publicUrl('cache.example', 80)).toBe('http://cache.example:80');
  });
});
