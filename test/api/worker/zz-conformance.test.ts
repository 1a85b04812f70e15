import { afterAll, beforeAll } from 'vitest';
import { eventStreamConformance, topicsConformance } from '../../conformance/topics/suite.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { type BuiltWorker, buildWorker, type RunningWorker, startWorker } from './edge.ts';

let fleet: TestFleet;
let built: BuiltWorker;
let worker: RunningWorker;
beforeAll(async () => {
  [fleet, built] = await Promise.all([startFleet(), buildWorker()]);
  worker = await startWorker(built, { GODWIT_CONTROL_URLS: fleet.controlUrl, GODWIT_FLEET_SECRET: fleet.fleetSecret });
}, 60_000);
afterAll(async () => {
  console.log('WORKER LOG:', worker?.log());
  await worker?.stop();
  await built?.remove();
  await fleet?.stop();
});
const subject = () => ({ baseUrl: fleet.url, subscribeUrl: worker.url, adminToken: fleet.adminToken });
eventStreamConformance('edge', subject);
topicsConformance('edge', subject);
