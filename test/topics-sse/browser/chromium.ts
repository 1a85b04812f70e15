import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const startMs = 20_000;
const callMs = 10_000;

/** The name of the Chromium on this machine, or undefined when there is none. */
export function chromiumName(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`]);
      return name;
    } catch {
      // The next name may be there.
    }
  }
  return undefined;
}

/** A headless Chromium with one page, driven by the DevTools protocol over the browser's own WebSocket. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(process: ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(data as string) as Answer;
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer);
    });
  }

  static async start(name: string): Promise<Chromium> {
    const folder = await mkdtemp(join(tmpdir(), 'godwit-chromium-'));
    // --no-sandbox: the sandbox refuses to run for the superuser, as which continuous integration often runs.
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const own = ['--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'];
    const child = spawn(name, [...flags, ...quiet, ...own], { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const port = await debuggingPort(child);
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[];
      const page = targets.find(({ type }) => type === 'page')!;
      const socket = new WebSocket(page.webSocketDebuggerUrl);
      await once(socket, 'open');
      return new Chromium(child, folder, socket);
    } catch (error) {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      throw error;
    }
  }

  /** Opens an address anew, even when only its fragment is another. */
  async open(url: string): Promise<void> {
    await this.#call('Page.navigate', { url: 'about:blank' });
    await this.#call('Page.navigate', { url });
  }

  /** The value of an expression in the page. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(`the page raised: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: Value }).value;
  }

  async stop(): Promise<void> {
    this.#socket.close();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
    // Its helpers may still be writing for a moment.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async #call(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), callMs);
    this.#answers.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await promise.finally(() => {
      clearTimeout(timer);
      this.#answers.delete(id);
    });
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

interface Target {
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

/** The port that Chromium says on its standard error. */
function debuggingPort(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const timer = setTimeout(() => reject(new Error(`Chromium did not start: ${printed.slice(-500)}`)), startMs);
    child.on('exit', () => reject(new Error(`Chromium ended: ${printed.slice(-500)}`)));
    child.stderr!.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(printed)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(port);
    });
  });
}
