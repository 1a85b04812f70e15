import { describe, expect, test } from 'vitest';
import { CliError } from '../../src/cli/cli-error.ts';
import { helpText } from '../../src/cli/help.ts';
import { parseCommand, readInvocation, toFlags } from '../../src/cli/parse-options.ts';
import { limits } from '../../src/shared/limits.ts';

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).exitCode).toBe(2);
    expect((error as CliError).message).not.toContain('\n');
    return (error as CliError).message;
  }
  throw new Error('nothing was refused');
}

describe('command', () => {
  test('none, --help and help show the overview', () => {
    for (const argv of [[], ['--help'], ['-h'], ['help']]) {
      expect(readInvocation(argv)).toEqual({ kind: 'help', topic: undefined });
    }
  });

  test('--help anywhere before -- shows the command’s help', () => {
    expect(readInvocation(['start', '--port', '1', '--help'])).toEqual({ kind: 'help', topic: 'start' });
    expect(readInvocation(['cache', 'set', 'c', 'k', '--', '--help'])).toMatchObject({
      kind: 'run',
      command: 'cache set',
    });
    expect(readInvocation(['token'])).toEqual({ kind: 'help', topic: 'token' });
    expect(readInvocation(['help', 'token', 'issue'])).toEqual({ kind: 'help', topic: 'token issue' });
  });

  test('unknown: says which there are', () => {
    expect(refusal(() => readInvocation(['stop']))).toContain("unknown command 'stop'; commands are start, gateway");
    expect(refusal(() => readInvocation(['token', 'make']))).toContain('issue, list, revoke, refresh, rotate-keys');
    expect(refusal(() => readInvocation(['--port', '1']))).toContain('expected a command before --port');
    expect(refusal(() => readInvocation(['toString']))).toContain('unknown command');
  });

  test('unknown: keeps its message on one line and free of control characters', () => {
    expect(refusal(() => readInvocation(['a\nb\u001b[31m']))).toContain("'a?b?[31m'");
  });
});

describe('options', () => {
  test('flag goes before environment, environment before default', () => {
    expect(parseCommand('start', [], {}).options.port).toBe(8080);
    expect(parseCommand('start', [], { GODWIT_PORT: '81' }).options.port).toBe(81);
    expect(parseCommand('start', ['--port', '82'], { GODWIT_PORT: '81' }).options.port).toBe(82);
    expect(parseCommand('start', ['--port=83'], { GODWIT_PORT: 'bad' }).options.port).toBe(83);
  });

  test('an empty variable counts as none', () => {
    expect(parseCommand('start', [], { GODWIT_PORT: '' }).options.port).toBe(8080);
  });

  test('a default may differ by command', () => {
    expect(parseCommand('start', [], {}).options.logLevel).toBe('warn');
    expect(parseCommand('control', [], {}).options).toMatchObject({ logLevel: 'info', internalPort: 8090 });
  });

  test('a bad value names the flag or the variable it came from', () => {
    expect(refusal(() => parseCommand('start', ['--port', 'x'], {}))).toBe('bad --port: expected a whole number');
    expect(refusal(() => parseCommand('start', [], { GODWIT_PORT: '70000' }))).toBe(
      'bad GODWIT_PORT: 70000 is out of range, expected 0 to 65535',
    );
    expect(refusal(() => parseCommand('start', ['--zones', 'a,B'], {}))).toContain('bad --zones: expected lower-case');
    expect(refusal(() => parseCommand('start', ['--host='], {}))).toBe('bad --host: must not be empty');
  });

  test('unknown, repeated, without value, or of another command: refused', () => {
    expect(refusal(() => parseCommand('start', ['--prot', '1'], {}))).toContain(
      'unknown option --prot of godwit start',
    );
    expect(refusal(() => parseCommand('start', ['-p', '1'], {}))).toContain('unknown option -p');
    expect(refusal(() => parseCommand('start', ['--zone', 'a'], {}))).toContain('unknown option --zone');
    expect(refusal(() => parseCommand('start', ['--port', '1', '--port', '2'], {}))).toBe('--port is given twice');
    expect(refusal(() => parseCommand('start', ['--port'], {}))).toBe('--port needs a value');
    expect(refusal(() => parseCommand('start', ['--__proto__=1'], {}))).toContain('unknown option');
  });

  test('switches: --name, --no-name, --name=false and the variable', () => {
    const createCaches = (argv: string[], environment = {}) =>
      parseCommand('start', argv, environment).options.createCaches;
    expect(createCaches([])).toBe(false);
    expect(createCaches(['--create-caches'])).toBe(true);
    expect(createCaches([], { GODWIT_CREATE_CACHES: '1' })).toBe(true);
    expect(createCaches(['--no-create-caches'], { GODWIT_CREATE_CACHES: '1' })).toBe(false);
    expect(createCaches(['--create-caches=false'])).toBe(false);
    expect(refusal(() => createCaches(['--create-caches=maybe']))).toContain('expected true or false');
    expect(refusal(() => createCaches(['--no-port']))).toContain('unknown option --no-port');
  });

  test('a flag of a list may be repeated', () => {
    const argv = ['--allow', 'cache:read:a', '--allow', 'cache:write:b'];
    expect(parseCommand('token issue', argv, {}).options.allow).toEqual(['cache:read:a', 'cache:write:b']);
    expect(refusal(() => parseCommand('start', ['--zones', 'a', '--zones', 'a'], {}))).toContain('twice');
  });

  test('required: refused when neither flag nor variable is there', () => {
    expect(refusal(() => parseCommand('storage', [], {}))).toBe(
      'storage needs --control-urls (or GODWIT_CONTROL_URLS)',
    );
    const { options } = parseCommand('storage', [], { GODWIT_CONTROL_URLS: 'http://a:1, http://b:2/' });
    expect(options.controlUrls).toEqual(['http://a:1', 'http://b:2']);
  });

  test('how a node evicts and whether a cache does are options of their own, with variables of their own', () => {
    const environment = { GODWIT_EVICTION: 'none', GODWIT_EVICTION_POLICY: 'merge' };
    expect(parseCommand('start', [], environment).options.evictionPolicy).toBe('merge');
    expect(parseCommand('cache create', ['c'], environment).options.eviction).toBe('none');
    expect(parseCommand('start', [], {}).options.evictionPolicy).toBe('s3-fifo');
    expect(refusal(() => parseCommand('start', ['--eviction-policy=lru'], {}))).toContain(
      'expected one of s3-fifo, merge, fifo, random',
    );
  });

  test('--zone of fleet add is a flag alone: the variable tells the zone of this machine’s own processes', () => {
    const environment = { GODWIT_ZONE: 'a' };
    expect(parseCommand('storage', ['--control-urls=http://a:1'], environment).options.zone).toBe('a');
    expect(parseCommand('fleet add', ['b-2'], environment).options.zone).toBeUndefined();
    expect(parseCommand('fleet add', ['--zone=b'], environment).options.zone).toBe('b');
    expect(helpText('storage')).toContain('GODWIT_ZONE');
    expect(helpText('fleet add')).not.toContain('GODWIT_ZONE');
  });

  test('a share of the memory is a number in its range', () => {
    expect(parseCommand('cache update', ['c', '--memory-share', '0.25'], {}).options.memoryShare).toBe(0.25);
    expect(refusal(() => parseCommand('cache update', ['c', '--memory-share=0.8'], {}))).toContain(
      'bad --memory-share: 0.8 is out of range, expected 0 to 0.75',
    );
  });

  test('settings of topics stay in their ranges', () => {
    const options = (flag: string) => parseCommand('cache create', ['c', flag], {}).options;
    expect(options('--topic-retention=1h').topicRetention).toBe(limits.topicRetentionMsMax);
    expect(options('--topic-log-max=16MiB').topicLogMax).toBe(limits.topicLogBytesMaxMax);
    for (const flag of [
      '--topic-messages-max=10001',
      '--topic-retention=61m',
      '--topic-log-max=17MiB',
      '--topic-message-max=0',
    ])
      expect(refusal(() => options(flag))).toContain('is out of range');
  });

  test('the fleet’s secret has a variable and no flag', () => {
    expect(parseCommand('control', [], { GODWIT_FLEET_SECRET: 's' }).options.fleetSecret).toBe('s');
    expect(refusal(() => parseCommand('control', ['--fleet-secret', 's'], {}))).toContain(
      'unknown option --fleet-secret',
    );
  });
});

describe('words', () => {
  test('missing or too many: refused, optional ones may be left out', () => {
    expect(parseCommand('cache set', ['c', 'k'], {}).words).toEqual(['c', 'k']);
    expect(parseCommand('cache set', ['c', 'k', '--', '--v'], {}).words).toEqual(['c', 'k', '--v']);
    expect(refusal(() => parseCommand('cache get', ['c'], {}))).toContain('cache get needs <key>');
    expect(refusal(() => parseCommand('start', ['now'], {}))).toContain('unexpected word 1 of godwit start');
  });
});

describe('flags for a child', () => {
  test('give the child the parent’s values again', () => {
    const argv = [
      '--control-urls=http://a:1,http://b:2',
      '--create-caches',
      '--drain-timeout=1500ms',
      '--port=81',
      '--cors-origins=https://x.example',
    ];
    const first = parseCommand('gateway', argv, {}).options;
    expect(parseCommand('gateway', toFlags('gateway', first), {}).options).toEqual(first);
    expect(
      parseCommand('storage', toFlags('storage', { memory: 2 ** 30, controlUrls: ['http://a:1'] }), {}).options.memory,
    ).toBe(2 ** 30);
  });

  test('never carry a secret', () => {
    const { options } = parseCommand('control', [], { GODWIT_FLEET_SECRET: 'hush-hush' });
    expect(toFlags('control', options).join(' ')).not.toContain('hush');
  });
});
