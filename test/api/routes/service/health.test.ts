import { expect, it } from 'vitest';
import type { Gateway } from '../../../../src/api/gateway.ts';
import type { Reply } from '../../../../src/api/http/exchange.ts';
import type { Route, RouteCall } from '../../../../src/api/routes/route.ts';
import { getLive, getReady } from '../../../../src/api/routes/service/health.ts';

const ask = (route: Route, gateway: Pick<Gateway, 'ready' | 'accepting'>) =>
  Promise.try(() => route.handle({ gateway } as RouteCall)) as Promise<Reply>;

it.each([
  ['no storage is known', { ready: false, accepting: true }, /who holds the data/],
  ['it drains', { ready: false, accepting: false }, /draining/],
])('a gateway is live but not ready while %s', async (_, gateway, detail) => {
  expect((await ask(getLive, gateway)).status).toBe(200);
  await expect(ask(getReady, gateway)).rejects.toMatchObject({
    code: 'not_ready',
    message: expect.stringMatching(detail),
    headers: { 'retry-after': '1' },
  });
});

it('a gateway that serves is ready', async () => {
  expect(await ask(getReady, { ready: true, accepting: true })).toMatchObject({
    status: 200,
    body: '{"status":"ready"}',
  });
});
