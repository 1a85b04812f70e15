import { afterAll, beforeAll } from 'vitest';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { eventStreamConformance } from './suite.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet({ gateways: 2 });
});
afterAll(() => fleet.stop());

eventStreamConformance('a fleet of two gateways', () => ({
  baseUrl: fleet.urls[0]!,
  subscribeUrl: fleet.urls[1]!,
  adminToken: fleet.adminToken,
}));
