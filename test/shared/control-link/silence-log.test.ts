import { expect, test } from 'vitest';
import type { Clock } from '../../../src/shared/clock.ts';
import { controlLinkLimits } from '../../../src/shared/control-link/limits.ts';
import { SilenceLog } from '../../../src/shared/control-link/silence-log.ts';
import type { Log } from '../../../src/shared/process.ts';

test('a control plane that is away is told of once, after a while, and so is its return', () => {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs } as Clock;
  const lines: unknown[] = [];
  const log = {
    warn: (_: unknown, text: string) => void lines.push(text),
    info: (fields: unknown, text: string) => void lines.push([fields, text]),
  } as unknown as Log;
  const silence = new SilenceLog(clock, log, { silent: 'silent', again: 'again' });

  // it is replaced
  silence.failed(new Error('refused'));
  nowMs += controlLinkLimits.silenceToldMs - 1;
  silence.failed(new Error('refused'));
  silence.answered();
  expect(lines).toEqual([]);

  // it is gone
  for (let tries = 0; tries < 5; tries++) {
    silence.failed(new Error('refused'));
    nowMs += controlLinkLimits.silenceToldMs / 2;
  }
  silence.answered();
  silence.answered();
  expect(lines).toEqual(['silent', [{ failures: 5 }, 'again']]);
});
