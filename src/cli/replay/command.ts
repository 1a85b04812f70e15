import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { failure } from '../cli-error.ts';
import { ApiClient } from '../client/http.ts';
import { type Output, printJson, processOutput } from '../client/print.ts';
import { clientToken } from '../credentials.ts';
import type { OptionsOf } from '../options.ts';
import { replayLimits } from './limits.ts';
import { ProgressBar } from './progress-bar.ts';
import { Replayer } from './replayer.ts';
import { replayReport, reportText } from './report.ts';
import { Trace } from './traces/trace.ts';

export type ReplayOptions = OptionsOf<'replay'> & {
  /** Path of the trace. */
  readonly trace: string;
};

/** What the command works with; tests give their own. */
export interface ReplayContext {
  readonly output: Output;
  readonly clock: Clock;
  /** Width of the terminal that shows progress; undefined when nobody looks at it. */
  readonly terminalColumns: number | undefined;
  /** Calls `stop` on Ctrl-C; returns the way to call it off. */
  readonly onInterrupt: (stop: () => void) => () => void;
}

const processContext: ReplayContext = {
  output: processOutput,
  clock: systemClock,
  terminalColumns: process.stderr.isTTY ? process.stderr.columns : undefined,
  onInterrupt(stop) {
    process.once('SIGINT', stop);
    return () => process.off('SIGINT', stop);
  },
};

/**
 * `godwit replay`: drives a trace through the HTTP API as a look-aside cache, checks every hit byte for byte,
 * and reports.
 * @throws CliError: exit code 2 when it cannot begin (file, token, format); 1 when the server refuses the
 * cache, when there was any error or mismatch, or when it was interrupted
 */
export async function run(options: ReplayOptions, context: ReplayContext = processContext): Promise<void> {
  const { output, clock } = context;
  const { url, cache, connections, limit, speed } = options;
  const trace = await Trace.open(options.trace);
  const token = clientToken(options.dataDir, options.tokenFile);
  await requireCache(options);
  const replayer = new Replayer({ url, token, cache, connections, limit, speed, clock, sleep: abortableSleep });
  let interrupted = false;
  const calledOff = context.onInterrupt(() => {
    interrupted = true;
    replayer.stop();
  });
  const endProgress = showProgress(context, trace, replayer);
  try {
    await replayer.run(trace.requests());
  } finally {
    endProgress();
    calledOff();
  }
  const { tally, elapsedMs } = replayer;
  const facts = {
    trace: basename(options.trace),
    format: trace.formatName,
    cache,
    connections,
    elapsedMs,
    interrupted,
  };
  const report = replayReport({ ...facts, droppedLines: trace.droppedLines }, tally);
  if (options.json) printJson(output, report);
  else output.stdout(reportText(report));
  if (interrupted) throw failure('the replay was interrupted');
  if (tally.errors > 0 || tally.mismatches > 0)
    throw failure(`the replay saw ${tally.errors} errors and ${tally.mismatches} mismatches`);
}

/**
 * Deletes a key that nobody has, so that a wrong name, token or URL is one line and not an error for each request.
 * @throws CliError (exit code 1)
 */
async function requireCache(options: ReplayOptions): Promise<void> {
  const path = `/cache/${encodeURIComponent(options.cache)}?key=godwit-replay-probe`;
  await new ApiClient(options).call({ method: 'DELETE', path });
}

/** Resolves after the time or when the signal comes, whichever is first. */
async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

function showProgress(context: ReplayContext, trace: Trace, replayer: Replayer): () => void {
  if (context.terminalColumns === undefined) return () => {};
  const bar = new ProgressBar(context.output.stderr, context.terminalColumns);
  const { tally } = replayer;
  const draw = () => {
    const share = Math.max(trace.progress, replayer.progress);
    bar.draw(
      Math.min(1, share),
      `${tally.requests.toLocaleString('en-US')} requests, hit ratio ${(tally.hitRatio * 100).toFixed(1)} %`,
    );
  };
  const timer = setInterval(draw, replayLimits.progressIntervalMs);
  return () => {
    clearInterval(timer);
    bar.clear();
  };
}
