/** Waits `ms`, or until `signal` aborts; never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });

/** The pause before attempt `failures + 1`: doubles from `minMs` to `maxMs`, between half and all of that by chance. */
export function backoffMs(failures: number, minMs: number, maxMs: number, random: () => number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return ceiling * (0.5 + random() / 2);
}

/**
 * The pause after the `failures`th failure in a row among `urls` addresses that are tried in turn: grows with each
 * round, and is shortest inside one. Of several control processes one leads, and the others only say that they do not.
 */
export function roundBackoffMs(
  failures: number,
  urls: number,
  minMs: number,
  maxMs: number,
  random: () => number,
): number {
  const isRound = failures % urls === 0;
  return backoffMs(isRound ? failures / urls : 1, minMs, maxMs, random);
}
