import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listens } from '../memory/memcached.ts';
import { BenchProcess, freePort, temporaryFolder } from '../support/bench-process.ts';
import { topicsLimits } from './limits.ts';
import { MissingPeer, request, type Subject, streamHead } from './subject.ts';

const brings = 'apt-get install -y nginx-light libnginx-mod-nchan brings it';

/** nchan in an nginx of its own, one process. Rejects with `MissingPeer` when either is not on this machine. */
export async function startNchan(stack: AsyncDisposableStack): Promise<Subject> {
  const module = modulePath();
  if (module === undefined) throw new MissingPeer(`there is no nginx with nchan on this machine; ${brings}`);
  const port = await freePort();
  const folder = await temporaryFolder(stack);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, settings(module, folder, port));
  const server = await BenchProcess.start(stack, 'nchan', ['nginx', '-p', folder, '-c', file]);
  await server.until(() => listens(port));
  return {
    id: 'nchan',
    title: 'nchan',
    origin: { host: '127.0.0.1', port, tls: false },
    processes: [{ name: 'nginx', pid: server.pid }],
    gatewayPid: server.pid,
    sequenced: false,
    subscribe: (topic) => streamHead(`/subscribe/${topic}`),
    publish: (topic, text) => request('POST', `/publish/${topic}`, ['Content-Type: text/plain'], text),
    // 201 when somebody subscribes, 202 when nobody does
    published: [201, 202],
  };
}

/** Versions of nginx and nchan, where they can be told. */
export function nchanVersions(): Record<string, string> {
  const nginx = /nginx\/(\S+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[1];
  const asked = ['-W', '-f', '$' + '{Version}', 'libnginx-mod-nchan'];
  const nchan = spawnSync('dpkg-query', asked, { encoding: 'utf8' }).stdout ?? '';
  return { ...(nginx === undefined ? {} : { nginx }), ...(nchan === '' ? {} : { nchan }) };
}

function modulePath(): string | undefined {
  const told = spawnSync('nginx', ['-V'], { encoding: 'utf8' }).stderr ?? '';
  const folder = /--modules-path=(\S+)/.exec(told)?.[1];
  const file = folder === undefined ? undefined : join(folder, 'ngx_nchan_module.so');
  return file !== undefined && existsSync(file) ? file : undefined;
}

/**
 * One process, nothing logged, a log of messages as long as Godwit's, the process's descriptors all in use.
 * Without a master nchan frees something twice as it ends, and says so; by then everything is over.
 */
function settings(module: string, folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
load_module ${module};
daemon off;
master_process off;
worker_rlimit_nofile 20000;
pid ${join(folder, 'pid')};
error_log stderr error;
events { worker_connections 19900; }
http {
  access_log off;
  ${temporary.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join('\n  ')}
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  nchan_shared_memory_size ${topicsLimits.nchanMemoryMib}M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ~ ^/publish/([-\\w]+)$ {
      nchan_publisher;
      nchan_channel_id $1;
      nchan_message_buffer_length ${topicsLimits.retainedMessages};
      nchan_message_timeout ${topicsLimits.retainedSeconds}s;
    }
    location ~ ^/subscribe/([-\\w]+)$ {
      nchan_subscriber eventsource;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
      nchan_eventsource_ping_interval 15;
    }
  }
}
`;
}
