/**
 * The least that a Node process can do as a topic server: messages of one turn of the event loop are gathered, and
 * go to each subscriber of their topic in one write, with their framing made once for all. No authorization, no log
 * to resume from, no heartbeat. A subscriber whose socket is behind is skipped, and told how many it missed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { topicsLimits } from './limits.ts';

interface Subscriber {
  readonly socket: Socket;
  /** Sequence of the last message that was written to it. */
  last: number;
}

interface Topic {
  sequence: number;
  readonly subscribers: Set<Subscriber>;
  /** Frames of this turn. */
  gathered: string[];
}

const topics = new Map<string, Topic>();

function topicOf(url: string): Topic {
  const name = url.slice(url.lastIndexOf('/') + 1);
  const known = topics.get(name);
  if (known !== undefined) return known;
  const topic: Topic = { sequence: 0, subscribers: new Set(), gathered: [] };
  topics.set(name, topic);
  return topic;
}

function subscribe(topic: Topic, request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const subscriber: Subscriber = { socket, last: topic.sequence };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(event('checkpoint', topic.sequence, '{}'));
  topic.subscribers.add(subscriber);
  socket.on('error', () => {});
  socket.on('close', () => topic.subscribers.delete(subscriber));
}

function publish(topic: Topic, text: string): void {
  if (topic.gathered.length === 0) setImmediate(flush, topic);
  topic.gathered.push(event('message', ++topic.sequence, text));
}

function flush(topic: Topic): void {
  const before = topic.sequence - topic.gathered.length;
  const frames = topic.gathered.join('');
  const bytes = chunk(frames);
  topic.gathered = [];
  for (const subscriber of topic.subscribers) {
    const { socket } = subscriber;
    if (socket.writableLength > topicsLimits.bareLoopBufferBytes) continue;
    if (subscriber.last < before) socket.write(chunk(discontinuity(subscriber.last, before)));
    socket.write(bytes);
    subscriber.last = topic.sequence;
  }
}

function discontinuity(last: number, before: number): string {
  const numbers = { last_topic_sequence: last, new_topic_sequence: before + 1, new_sequence_page: 1 };
  return event('discontinuity', before, JSON.stringify(numbers));
}

function event(type: string, sequence: number, data: string): string {
  return `event: ${type}\nid: 1-${sequence}\ndata: ${data}\n\n`;
}

/** A chunk of a chunked body (RFC 9112 §7.1). */
function chunk(text: string): Buffer {
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1');
}

const server = createServer({ keepAliveTimeout: 3_600_000 }, (request, response) => {
  const topic = topicOf(request.url!);
  if (request.method === 'GET') return subscribe(topic, request, response);
  let text = '';
  request.setEncoding('latin1');
  request.on('data', (part: string) => (text += part));
  request.on('end', () => {
    publish(topic, text);
    response.writeHead(204).end();
  });
});
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4_096 });
