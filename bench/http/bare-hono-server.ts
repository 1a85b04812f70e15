/** A bare Hono handler: answers the same 100 bytes to every GET, and reads and forgets what is PUT. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { textOf } from './items.ts';

const value = textOf(0);
const app = new Hono();
app.get('/cache/:cache', (context) => context.body(value));
app.put('/cache/:cache', async (context) => {
  await context.req.arrayBuffer();
  return context.body(null, 204);
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.argv[2]) });
