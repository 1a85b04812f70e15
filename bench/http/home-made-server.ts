/**
 * The service that one would write in an afternoon: Hono, jose with a cache of verified tokens, ioredis, Redis.
 * It checks a token, its scope, the key and the TTL, and nothing else.
 */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import { importJWK, type JWTPayload, jwtVerify } from 'jose';

const [port, redisPort, publicJwk] = process.argv.slice(2) as [string, string, string];
const publicKey = await importJWK(JSON.parse(publicJwk), 'EdDSA');
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort) });
const verified = new Map<string, JWTPayload>();
const verifiedMax = 10_000;

async function claimsOf(authorization: string | undefined): Promise<JWTPayload | undefined> {
  if (!authorization?.startsWith('Bearer ')) return undefined;
  const token = authorization.slice('Bearer '.length);
  const known = verified.get(token);
  if (known !== undefined && known.exp! * 1_000 > Date.now()) return known;
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: ['EdDSA'],
      audience: 'home-made',
      requiredClaims: ['exp'],
    });
    if (verified.size >= verifiedMax) verified.clear();
    verified.set(token, payload);
    return payload;
  } catch {
    return undefined;
  }
}

const app = new Hono<{ Variables: { key: string } }>();
app.use('/cache/:cache', async (context, next) => {
  const claims = await claimsOf(context.req.header('authorization'));
  if (claims === undefined) return context.json({ error: 'unauthorized' }, 401);
  const cache = context.req.param('cache');
  if (claims.scope !== `cache:${cache}`) return context.json({ error: 'forbidden' }, 403);
  const key = context.req.query('key');
  if (key === undefined || key === '' || key.length > 2_048) return context.json({ error: 'bad key' }, 400);
  context.set('key', `${cache}:${key}`);
  return next();
});
app.get('/cache/:cache', async (context) => {
  const value = await redis.getBuffer(context.get('key'));
  if (value === null) return context.json({ error: 'not found' }, 404);
  return context.body(value as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/octet-stream' });
});
app.put('/cache/:cache', async (context) => {
  const ttlSeconds = Number(context.req.query('ttl_seconds'));
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1) return context.json({ error: 'bad TTL' }, 400);
  await redis.set(context.get('key'), Buffer.from(await context.req.arrayBuffer()), 'EX', ttlSeconds);
  return context.body(null, 204);
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) });
