import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { FrameError } from '../../shared/frame/layout.ts';
import type { Log } from '../../shared/process.ts';
import { topicLimits } from '../../shared/topics/limits.ts';
import { topicLinkProtocol } from '../../shared/topics/link-layout.ts';
import { TopicLink, type TopicLinkParts } from './topic-link.ts';

/**
 * The topic links of a node. They come in two ways: on a connection that `Upgrade` has switched, which goes both
 * ways for as long as it lives; or, from where there is no `Upgrade`, as a POST whose body is all that the gateway
 * says and whose answer goes on.
 */
export class TopicLinks {
  readonly #parts: TopicLinkParts;
  readonly #log: Log;
  readonly #open = new Map<TopicLink, Writable>();
  #aliveTimer: NodeJS.Timeout | null = null;

  constructor(parts: TopicLinkParts, log: Log) {
    this.#parts = parts;
    this.#log = log;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes over a connection whose request to be switched has been found good. */
  accept(socket: Duplex, head: Buffer): void {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${topicLinkProtocol}\r\n\r\n`);
    // HTTP servers leave a connection half open when the peer ends it.
    socket.on('end', () => socket.end());
    const take = this.#add(socket);
    if (head.length > 0) take(head);
    socket.on('data', take);
  }

  /** Answers a POST of subscribe frames for as long as it is read. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/vnd.godwit.topics' });
    response.flushHeaders();
    request.on('error', () => {});
    request.on('data', this.#add(response));
  }

  /** Ends all links. */
  close(): void {
    for (const output of this.#open.values()) output.destroy();
  }

  #add(output: Writable): (chunk: Buffer) => void {
    const link = new TopicLink(this.#parts, output);
    this.#open.set(link, output);
    this.#aliveTimer ??= setInterval(() => {
      for (const [open, of] of this.#open) if (!open.alive()) of.destroy();
    }, topicLimits.linkAliveMs).unref();
    output.on('error', () => output.destroy());
    output.on('close', () => {
      link.close();
      this.#open.delete(link);
      if (this.#open.size > 0) return;
      clearInterval(this.#aliveTimer!);
      this.#aliveTimer = null;
    });
    return (chunk) => {
      try {
        link.push(chunk);
      } catch (error) {
        this.#log.error({ err: error instanceof FrameError ? error.message : error }, 'topic link refused');
        output.destroy();
      }
    };
  }
}
