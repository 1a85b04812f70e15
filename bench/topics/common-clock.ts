/** `performance.now()` counts from the start of its process; the kernel's monotonic clock is one for all. */
const originMicros = Number(process.hrtime.bigint()) / 1e3 - performance.now() * 1e3;

/** Microseconds of the machine's monotonic clock: times of two processes may be compared. */
export function nowMicros(): number {
  return originMicros + performance.now() * 1e3;
}
