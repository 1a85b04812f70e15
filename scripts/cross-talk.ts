/**
 * Looks for answers that come to somebody else, on a fleet of its own:
 * `node scripts/cross-talk.ts --requests 1000000 --seed 1`. Half of the requests are broken off at random points.
 * Prints what was wrong and exits 1, or how many were answered and broken off. `test/cross-talk` runs a small form.
 */
import { systemClock } from '../src/shared/clock.ts';
import { runCrossTalk } from '../test/cross-talk/cross-talk.ts';
import { startFleet } from '../test/support/fleet.ts';
import { flagsOf, wholeNumber } from './flags.ts';

const values = flagsOf({ requests: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } });
const requests = wholeNumber('requests', values.requests, 1);
const seed = wholeNumber('seed', values.seed, 0);

const fleet = await startFleet({ gateways: 2, replicationFactor: 2, memoryBytes: 64 * 1024 * 1024 });
const caches = ['first', 'second'];
for (const name of caches)
  await fetch(`${fleet.url}/caches/${name}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${fleet.adminToken}` },
  });
const { urls, adminToken: token } = fleet;
const startMs = systemClock.monotonicMs();
const seconds = (): string => ((systemClock.monotonicMs() - startMs) / 1_000).toFixed(0);
const tally = await runCrossTalk({
  ...{ urls, token, caches, requests, seed, connections: 64 },
  onProgress: (count) => console.log(`${count} after ${seconds()} s`),
});
await fleet.stop();
const { answered, refused, aborted, broken, wrong } = tally;
console.log(
  `seed ${seed}: ${answered + aborted} requests in ${seconds()} s: ${answered} answered (${refused} with 503), ` +
    `${aborted} broken off with ${broken} connections, ${wrong.length} wrong`,
);
for (const text of wrong) console.error(text);
const provedNothing = aborted < requests * 0.4 || answered - refused < requests * 0.4;
if (provedNothing) console.error('too few were broken off, or answered: this proves nothing');
process.exitCode = wrong.length > 0 || provedNothing ? 1 : 0;
