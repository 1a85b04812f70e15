/**
 * `performance.now()` counts from the start of its process; the kernel's monotonic clock is one for all. Of several
 * readings of both the nearest counts: a process that is stopped in between would be milliseconds off for good.
 */
const originMicros = Math.max(
  ...Array.from({ length: 100 }, () => Number(process.hrtime.bigint()) / 1e3 - performance.now() * 1e3),
);

/** Microseconds of the machine's monotonic clock: times of two processes may be compared. */
export function nowMicros(): number {
  return originMicros + performance.now() * 1e3;
}
