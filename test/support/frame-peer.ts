import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { FrameSplitter } from '../../src/shared/frame/frame-splitter.ts';
import { requestMagic } from '../../src/shared/frame/layout.ts';
import { frameProtocol } from '../../src/shared/frame/transport.ts';
import { listen } from './loopback.ts';

/** How a peer answers one frame. */
export interface FrameAnswer {
  /** Writes bytes as they are; may be called several times. */
  write(bytes: Uint8Array): boolean;
  /** All is written: ends a POST's answer. A switched connection stays. */
  end(): void;
  /** Breaks the connection. */
  destroy(): void;
  /** Calls back when more may be written. */
  onDrain(callback: () => void): void;
  readonly destroyed: boolean;
}

export interface FramePeer {
  readonly url: string;
  close(): void;
}

/** Something that takes frames as a node does, by POST and on switched connections, and answers as the test pleases. */
export async function framePeer(onFrame: (frame: Uint8Array, answer: FrameAnswer) => void): Promise<FramePeer> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      onFrame(Buffer.concat(chunks), {
        write: (bytes) => response.write(bytes),
        end: () => void response.end(),
        destroy: () => void request.socket.destroy(),
        onDrain: (callback) => void response.on('drain', callback),
        get destroyed() {
          return response.destroyed;
        },
      }),
    );
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (_request, socket, head) => {
    socket.on('error', () => {});
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${frameProtocol}\r\n\r\n`);
    const answer: FrameAnswer = {
      write: (bytes) => socket.write(bytes),
      end: () => {},
      destroy: () => void socket.destroy(),
      onDrain: (callback) => void socket.on('drain', callback),
      get destroyed() {
        return socket.destroyed;
      },
    };
    const splitter = new FrameSplitter(
      requestMagic,
      64 * 1024 * 1024,
      { allocate: (size) => new Uint8Array(size) },
      (frame) => onFrame(frame.slice(), answer),
    );
    if (head.length > 0) splitter.push(head);
    socket.on('data', (chunk: Buffer) => splitter.push(chunk));
  });
  const url = await listen(server);
  return {
    url,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
