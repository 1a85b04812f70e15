import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startMs = 10_000;

/** The version of the nginx on this machine, or undefined when there is none. */
export function nginxVersion(): string | undefined {
  try {
    // It prints its version on standard error.
    return execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** An nginx of its own in front of one server: its folder, its port, and nothing but defaults in `location`. */
export class Nginx {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, process: ChildProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** `location` is what stands beside `proxy_pass`; nothing means HTTP/1.0 to the server, buffered. */
  static async start(target: string, location = ''): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-nginx-'));
    const port = await freePort();
    const config = join(folder, 'nginx.conf');
    await writeFile(config, configuration(folder, port, target, location));
    const child = spawn('nginx', ['-p', folder, '-c', config, '-e', join(folder, 'error.log')], { stdio: 'inherit' });
    const nginx = new Nginx(`http://127.0.0.1:${port}`, child, folder);
    for (let waited = 0; !(await accepts(port)); waited += 20) {
      if (waited > startMs || child.exitCode !== null) {
        await nginx.stop();
        throw new Error('nginx did not start');
      }
      await sleep(20);
    }
    return nginx;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, port: number, target: string, location: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  // Started by the superuser, workers would change to a user that may not read the folder.
  const user = process.getuid?.() === 0 ? 'user root root;' : '';
  return `
    daemon off;
    ${user}
    worker_processes 1;
    pid ${join(folder, 'nginx.pid')};
    events { worker_connections 256; }
    http {
      access_log off;
      ${paths.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass ${target};
          ${location}
        }
      }
    }`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
