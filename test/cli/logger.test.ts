import { describe, expect, test } from 'vitest';
import { createLog, type LogSettings } from '../../src/cli/logger.ts';
import { ManualClock } from '../../src/shared/clock.ts';

function logTo(lines: string[], more: Partial<LogSettings> = {}) {
  const clock = new ManualClock({ wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  return createLog({
    level: 'info',
    format: 'json',
    role: 'storage',
    id: 'a-1',
    clock,
    write: (line) => void lines.push(line),
    ...more,
  });
}

describe('log', () => {
  test('json: one object a line with time, level, role and id', () => {
    const lines: string[] = [];
    logTo(lines).warn({ slots: 7 }, 'slots moved');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'warn',
      time: '2026-01-02T03:04:05.678Z',
      role: 'storage',
      id: 'a-1',
      slots: 7,
      msg: 'slots moved',
    });
  });

  test('text: one line for a person', () => {
    const lines: string[] = [];
    logTo(lines, { format: 'text' }).info({ slots: 7 }, 'slots moved');
    expect(lines).toEqual(['03:04:05.678 INFO  storage a-1: slots moved {"slots":7}\n']);
  });

  test('level: what is below it is not written', () => {
    const lines: string[] = [];
    const log = logTo(lines, { level: 'error' });
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(lines).toHaveLength(1);
    logTo(lines, { level: 'silent' }).error({}, 'e');
    expect(lines).toHaveLength(1);
  });

  test('fields that carry credentials by name are blanked', () => {
    const lines: string[] = [];
    logTo(lines).info({ token: 'hush', secret: 'hush', headers: { authorization: 'hush', host: 'x' } }, 'request');
    expect(lines[0]).not.toContain('hush');
    expect(JSON.parse(lines[0]!)).toMatchObject({ headers: { host: 'x' } });
  });

  test('errors are written with their stack', () => {
    const lines: string[] = [];
    logTo(lines).error({ err: new TypeError('broken') }, 'unexpected error');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      err: { type: 'TypeError', message: 'broken', stack: expect.stringContaining('at ') },
    });
  });
});
