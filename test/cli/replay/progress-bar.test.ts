import { expect, it } from 'vitest';
import { ProgressBar } from '../../../src/cli/replay/progress-bar.ts';

const eraseLine = '\r\x1b[K';

it('progress bar: draws over its own line and never wraps it', () => {
  const lines: string[] = [];
  const bar = new ProgressBar((text) => lines.push(text), 50);
  bar.draw(0.5, 'a note that is far too long for this terminal');
  bar.draw(1.7, 'done');
  bar.clear();
  expect(lines[0]!.startsWith(`${eraseLine}${'█'.repeat(15)}${'░'.repeat(15)}  50 %  a note`)).toBe(true);
  expect(lines[0]!.length - eraseLine.length).toBe(49);
  expect(lines[1]).toContain('█'.repeat(30));
  expect(lines[2]).toBe(eraseLine);
});
