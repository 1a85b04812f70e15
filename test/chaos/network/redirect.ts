/**
 * Loaded before a process of the fleet (`node --import`) where the network is the fault proxy: its connections to
 * other machines of the fleet go to the proxy, and begin with a line that says who they are from and for.
 */
import { type NetConnectOpts, Socket } from 'node:net';

const machine = process.env['CHAOS_MACHINE'];
const proxyPort = Number(process.env['CHAOS_PROXY_PORT']);
const original = Socket.prototype.connect;

/** Machines of the fault proxy are addresses of this range of loopback. */
const ofTheFleet = /^127\.77\./;

type Connect = (this: Socket, ...args: unknown[]) => Socket;

const redirected: Connect = function (...args) {
  // what `net.connect` has made of its arguments is a list of options and listener
  const normalized = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const options = normalized[0] as (NetConnectOpts & { host?: string; port?: number | string }) | undefined;
  const { host, port } = typeof options === 'object' && options !== null ? options : {};
  if (host === undefined || !ofTheFleet.test(host)) return (original as unknown as Connect).apply(this, args);
  normalized[0] = { ...options, host: '127.0.0.1', port: proxyPort };
  const socket = (original as unknown as Connect).apply(this, args);
  socket.write(`${machine} ${host} ${port}\n`);
  return socket;
};
Socket.prototype.connect = redirected as unknown as Socket['connect'];
