import type { Call } from '../caller.ts';

const pages = ['getServiceIndex', 'getLive', 'getReady', 'getOpenApi', 'getDocs', 'getErrorsPage', 'getJwkSet'];

export async function exerciseService(call: Call, foreignToken: string): Promise<void> {
  for (const operation of pages) await call(operation, { token: null }, 200);
  await call('getOpenApi', { token: null, headers: { 'accept-encoding': 'gzip' } }, 200);
  await call('getLive', { token: null, headers: { origin: 'https://app.example' } }, 200);
  for (const file of ['start.js', 'page.css', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'])
    await call('getDocsFile', { path: { file }, token: null }, 200);
  for (const file of ['package.json', 'constructor', '..%2fpackage.json'])
    await call('getDocsFile', { path: { file }, token: null }, 'path_not_found');
  await call('getDocsFile', { path: { file: '%zz' }, token: null }, 'invalid_argument');
  await call('getMetrics', {}, 200);
  await call('getMetrics', { token: null }, 'authentication_required');
  await call('getMetrics', { query: { token: foreignToken } }, 'invalid_argument');
  await call('getMetrics', { token: 'no.to.ken' }, 'invalid_token');
  await call('getMetrics', { token: foreignToken }, 'permission_denied');
}
