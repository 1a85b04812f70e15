import { writeSync } from 'node:fs';
import { pino } from 'pino';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/process.ts';

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'json' | 'text';
  /** Bound to every line. */
  readonly role: string;
  readonly id: string;
  readonly clock: Clock;
  /** Takes whole lines; stderr unless given. */
  readonly write?: (line: string) => void;
}

/**
 * A logger of one process: one line per event on stderr, with `role` and `id`. Lines are written at once, so
 * that the last words of a dying process are not lost. Fields that carry credentials by name are blanked, as
 * a second fence; callers never pass them.
 */
export function createLog(settings: LogSettings): Log {
  const write = settings.write ?? writeToStderr;
  return pino(
    {
      level: settings.level,
      base: { role: settings.role, id: settings.id },
      timestamp: () => `,"time":"${new Date(settings.clock.wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['token', 'secret', 'authorization', 'headers.authorization', 'headers.cookie'],
    },
    { write: settings.format === 'json' ? write : (line: string) => write(toText(line)) },
  );
}

/** Nobody reading any more (EPIPE), or a terminal that is busy (EAGAIN), must not end a server. */
function writeToStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // the line is lost; there is nowhere left to say so
  }
}

/** `10:15:02.123 WARN supervisor control: exited {"code":1}`: time of day in UTC. */
function toText(line: string): string {
  const { time, level, role, id, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${role} ${id}: ${msg}${rest}\n`;
}
