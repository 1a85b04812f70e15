import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { configurationError, failure, systemErrorCode } from '../../cli-error.ts';
import { plainReason } from '../../credentials.ts';

/** The first bytes of an xz file (The .xz File Format, §2.1.1.1). */
const xzMagic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

/** The bytes of a trace file, decompressed when it is an xz file. */
export class TraceBytes {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #compressed: boolean;
  /** Bytes of the file that were read so far, as it lies on the disk. */
  readBytes = 0;

  private constructor(path: string, sizeBytes: number, compressed: boolean) {
    this.#path = path;
    this.sizeBytes = sizeBytes;
    this.#compressed = compressed;
  }

  /** @throws CliError (exit code 2) when there is no such file to read */
  static async open(path: string): Promise<TraceBytes> {
    try {
      // Not kept open: a trace that is never read, or not to its end, would leave it to the garbage collector.
      await using file = await open(path, 'r');
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(xzMagic.length), 0, xzMagic.length, 0);
      return new TraceBytes(path, size, bytesRead === xzMagic.length && buffer.equals(xzMagic));
    } catch (error) {
      throw configurationError(`cannot read the trace ${path}: ${plainReason(error)}`, error);
    }
  }

  /** Chunks of the trace, once. Whoever stops early ends the decompression too. */
  async *chunks(): AsyncGenerator<Buffer> {
    const raw = createReadStream(this.#path);
    raw.on('data', (chunk) => (this.readBytes += chunk.length));
    raw.pause();
    if (!this.#compressed) {
      yield* raw as AsyncIterable<Buffer>;
      return;
    }
    const xz = spawn('xz', ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'pipe'] });
    try {
      const ended = endOf(xz, this.#path);
      // it may end before it was given everything
      xz.stdin.on('error', () => raw.destroy());
      raw.pipe(xz.stdin);
      yield* xz.stdout as AsyncIterable<Buffer>;
      await ended;
    } finally {
      xz.kill();
      raw.destroy();
    }
  }
}

function endOf(xz: ChildProcess, path: string): Promise<void> {
  let told = '';
  xz.stderr!.on('data', (chunk: Buffer) => {
    if (told.length < 500) told += chunk.toString();
  });
  const ended = new Promise<void>((resolve, reject) => {
    xz.on('error', (error) =>
      reject(
        systemErrorCode(error) === 'ENOENT'
          ? configurationError(
              `${path} is compressed, and there is no xz command here to decompress it; install xz-utils`,
            )
          : error,
      ),
    );
    xz.on('close', (code) => {
      if (code === 0) resolve();
      else reject(failure(`xz cannot decompress ${path}: ${told.replaceAll(/\p{C}/gu, ' ').slice(0, 200)}`));
    });
  });
  // whoever stops early does not wait for the end
  ended.catch(() => {});
  return ended;
}
