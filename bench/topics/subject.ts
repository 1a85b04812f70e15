import type { Origin } from '../../src/cli/replay/http/http-connection.ts';

export const subjectIds = ['godwit', 'nchan', 'bare_loop'] as const;
export type SubjectId = (typeof subjectIds)[number];

/** A running server with topics. */
export interface Subject {
  readonly id: SubjectId;
  readonly title: string;
  readonly origin: Origin;
  /** The processes that do the work. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** The process that holds the subscribers. */
  readonly gatewayPid: number;
  /** Whether ids are `page-sequence` with sequences that grow by one, and a stream begins with its position. */
  readonly sequenced: boolean;
  /** Head of a request that subscribes from the latest message on, without its last empty line. */
  subscribe(topic: string): string;
  /** A request that publishes a text; answered with one of `published`. */
  publish(topic: string, text: string): Buffer;
  readonly published: readonly number[];
  /** A request that publishes several texts; undefined where there is none. */
  readonly publishBatch?: (topic: string, texts: readonly string[]) => Buffer;
  /** The reads and writes of items that publishing is compared with; undefined where there are none. */
  readonly items?: {
    /** A request that stores a value of 100 bytes; answered with 204. */
    put(index: number): Buffer;
    /** A request that reads it; answered with 200. */
    get(index: number): Buffer;
  };
}

/** A request as it goes onto the wire. */
export function request(method: string, target: string, headers: readonly string[], body = ''): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...headers];
  if (method !== 'GET') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Head of a request for a stream, without its last empty line. */
export function streamHead(target: string, headers: readonly string[] = []): string {
  return [`GET ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Accept: text/event-stream', ...headers, ''].join('\r\n');
}

/** A subject that is not installed on this machine; the message says what would bring it. */
export class MissingPeer extends Error {}
