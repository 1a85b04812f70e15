/**
 * The long form of the topics' model test: schedule after schedule, profile after profile, until the time is up.
 *
 *     node scripts/fuzz-topics.ts [--minutes M] [--seed S] [--profile TEXT]
 *
 * `--profile` keeps to one profile. Exit code 1 at the first schedule in which something is not as it must be, with
 * its seed and a unit test; `--seed S --minutes 0` runs that one again.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../src/shared/clock.ts';
import { fuzzTopics } from '../test/topics-sse/model/fuzz.ts';
import { profiles } from '../test/topics-sse/model/world.ts';

const shrinkMs = 60_000;
/** Between two lines of progress, in ms. */
const progressMs = 10_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'string', default: '' },
  },
});
const chosen = profiles.find((profile) => profile === values.profile);
if (chosen === undefined && values.profile !== '') throw new Error(`there is no profile "${values.profile}"`);

const sum = { schedules: 0, published: 0, delivered: 0, gaps: 0 };
const started = systemClock.monotonicMs();
let seed = Number(values.seed);
let saidMs = started;
try {
  do {
    const { published, delivered, gaps } = fuzzTopics({ seed: seed++, shrinkMs, ...(chosen && { profile: chosen }) });
    sum.schedules++;
    sum.published += published;
    sum.delivered += delivered;
    sum.gaps += gaps;
    if (systemClock.monotonicMs() - saidMs < progressMs) continue;
    saidMs = systemClock.monotonicMs();
    console.log(`up to seed ${seed - 1}: ${JSON.stringify(sum)}`);
  } while (systemClock.monotonicMs() - started < Number(values.minutes) * 60_000);
  const seconds = (systemClock.monotonicMs() - started) / 1_000;
  console.log(`${JSON.stringify(sum)}: all as it must be; ${(sum.schedules / seconds).toFixed(0)} schedules a second`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
