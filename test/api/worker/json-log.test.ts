import { describe, expect, it } from 'vitest';
import { jsonLog } from '../../../src/api/worker/json-log.ts';
import { ManualClock } from '../../../src/shared/clock.ts';

describe('worker log', () => {
  it('lines: are JSON with level, time, role and fields, from `warn` upwards', () => {
    const lines: [string, unknown][] = [];
    const sink = {
      warn: (line: string) => lines.push(['warn', JSON.parse(line)]),
      error: (line: string) => lines.push(['error', JSON.parse(line)]),
    };
    const log = jsonLog(sink, new ManualClock({ wallMs: 0 }));
    log.debug({}, 'not kept');
    log.info({}, 'not kept');
    log.warn({ attempts: 2 }, 'slow');
    log.error({ err: new TypeError('broke') }, 'failed');
    const common = { time: '1970-01-01T00:00:00.000Z', role: 'gateway' };
    expect(lines).toEqual([
      ['warn', { ...common, level: 'warn', attempts: 2, msg: 'slow' }],
      [
        'error',
        {
          ...common,
          level: 'error',
          err: { type: 'TypeError', message: 'broke', stack: expect.any(String) },
          msg: 'failed',
        },
      ],
    ]);
  });
});
