import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/process.ts';

/** Takes whole lines by severity; the runtime's `console` is one. */
export interface LogSink {
  warn(line: string): void;
  error(line: string): void;
}

/** A log of JSON lines, from `warn` upwards: the runtime keeps what it is told, and counts it. */
export function jsonLog(sink: LogSink, clock: Clock): Log {
  const line = (level: string, fields: object, msg: string): string =>
    JSON.stringify(
      { level, time: new Date(clock.wallMs()).toISOString(), role: 'gateway', ...fields, msg },
      plainError,
    );
  return {
    debug() {},
    info() {},
    warn: (fields, message) => sink.warn(line('warn', fields, message)),
    error: (fields, message) => sink.error(line('error', fields, message)),
  };
}

/** An error's own text; `JSON.stringify` alone makes it `{}`. */
function plainError(_key: string, value: unknown): unknown {
  return value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value;
}
