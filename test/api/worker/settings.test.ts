import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../src/api/worker/settings.ts';

const least = { GODWIT_CONTROL_URLS: 'https://control.example', GODWIT_FLEET_SECRET: 'fleet-secret' };

describe('worker settings', () => {
  it('defaults: are those of `godwit gateway`', () => {
    expect(readSettings(least)).toEqual({
      controlUrls: ['https://control.example'],
      fleetSecret: 'fleet-secret',
      corsOrigins: ['*'],
      metricsAccess: 'token',
      createCaches: false,
      logRequests: false,
    });
  });

  it('bindings: are read in their form', () => {
    const settings = readSettings({
      GODWIT_CONTROL_URLS: 'http://10.0.0.1:8090/, http://10.0.0.2:8090',
      GODWIT_FLEET_SECRET: 'fleet-secret',
      GODWIT_CORS_ORIGINS: 'https://app.example,https://other.example',
      GODWIT_METRICS: 'open',
      GODWIT_CREATE_CACHES: 'true',
    });
    expect(settings).toMatchObject({
      controlUrls: ['http://10.0.0.1:8090', 'http://10.0.0.2:8090'],
      corsOrigins: ['https://app.example', 'https://other.example'],
      metricsAccess: 'open',
      createCaches: true,
    });
  });

  it.each([
    ['GODWIT_CONTROL_URLS', ''],
    ['GODWIT_CONTROL_URLS', 'ftp://control.example'],
    ['GODWIT_CONTROL_URLS', 'https://user:password@control.example'],
    ['GODWIT_FLEET_SECRET', ''],
    ['GODWIT_CORS_ORIGINS', 'app.test'],
    ['GODWIT_METRICS', 'all'],
    ['GODWIT_CREATE_CACHES', 'yes'],
  ])('refusal: %s as %j is named, and its text is not repeated', (name, text) => {
    const read = () => readSettings({ ...least, [name]: text });
    expect(read).toThrow(name);
    if (text !== '') expect(read).not.toThrow(text);
  });
});
