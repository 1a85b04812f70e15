import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';

const root = join(import.meta.dirname, '..', '..', '..');
const configFile = join(root, 'wrangler.toml');

/** The worker as `wrangler deploy` would send it, in a folder of its own. */
export interface BuiltWorker {
  readonly folder: string;
  remove(): Promise<void>;
}

/** The worker on workerd, listening on loopback. */
export interface RunningWorker {
  readonly url: string;
  /** What the worker and its runtime have written so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Builds by `wrangler.toml`. Nothing is sent, nor asked of anyone: no deployment, no usage data, no look for updates. */
export async function buildWorker(): Promise<BuiltWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-worker-'));
  const manifest = createRequire(import.meta.url).resolve('wrangler/package.json');
  const wrangler = join(dirname(manifest), 'bin', 'wrangler.js');
  const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', CI: 'true' };
  const ownPlaces = { WRANGLER_LOG_PATH: join(folder, 'wrangler.log'), XDG_CONFIG_HOME: join(folder, 'config') };
  await promisify(execFile)(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--config', configFile, '--outdir', folder],
    { cwd: root, env: { ...process.env, ...quiet, ...ownPlaces } },
  );
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Starts an isolate of a built worker. Rejects when workerd does not start. */
export async function startWorker(built: BuiltWorker, bindings: Record<string, string>): Promise<RunningWorker> {
  let written = '';
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configFile);
  const miniflare = new Miniflare({
    ...workerOptions,
    bindings,
    modules: true,
    rootPath: built.folder,
    modulesRoot: built.folder,
    scriptPath: join(built.folder, 'worker.js'),
    host: '127.0.0.1',
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    handleRuntimeStdio: (...streams: Readable[]) => {
      for (const stream of streams)
        stream.on('data', (chunk) => {
          written += String(chunk);
        });
    },
  });
  const url = await miniflare.ready.catch((cause: unknown) => {
    throw new Error(`workerd does not start: ${written}`, { cause });
  });
  return { url: url.origin, log: () => written, stop: () => miniflare.dispose() };
}
