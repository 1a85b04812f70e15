import { ControlClient } from '../../control-plane/client.ts';
import { FetchTransport } from '../../routing/fetch-transport.ts';
import { FleetClient } from '../../routing/fleet-client.ts';
import type { Fetch } from '../../shared/control-link/call.ts';
import type { StateWatcher } from '../../shared/control-link/state-watcher.ts';
import { FleetMetrics } from '../fleet-metrics.ts';
import { Gateway, type GatewayParts } from '../gateway.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import { RequestIds } from '../http/request-ids.ts';
import type { Route } from '../routes/route.ts';
import type { EdgeState } from './edge-state.ts';
import { EdgeTopics } from './edge-topics.ts';
import type { WorkerSettings } from './settings.ts';

export interface EdgeGatewayParts
  extends Pick<GatewayParts, 'verifier' | 'clock' | 'log' | 'random' | 'metrics' | 'openApiText' | 'docsFile'> {
  readonly settings: WorkerSettings;
  readonly state: EdgeState;
  /** Called as a plain function: runtimes refuse a `fetch` that is called as a method of something else. */
  readonly fetch: Fetch;
}

/**
 * The gateway of an isolate. Each request is served by a `Gateway` of its own, whose fleet and control clients
 * make all their input and output within it; state, verified tokens, caches and counts are the isolate's.
 */
export class EdgeGateway extends Gateway {
  readonly #parts: EdgeGatewayParts;
  readonly #requestIds: RequestIds;

  constructor(parts: EdgeGatewayParts) {
    super({
      ...parts,
      get source(): never {
        throw ofRequest('state source');
      },
      get fleet(): never {
        throw ofRequest('fleet client');
      },
      get hub(): never {
        throw ofRequest('topic hub');
      },
      get streams(): never {
        throw ofRequest('stream keeper');
      },
      get control(): never {
        throw ofRequest('control client');
      },
      fleetMetrics: () => Promise.reject(ofRequest('gathering of metrics')),
    });
    this.#parts = parts;
    this.#requestIds = new RequestIds(parts.random);
  }

  override async serve(route: Route, exchange: Exchange, path: Readonly<Record<string, string>>): Promise<Reply> {
    const parts = this.#parts;
    const { fetch, clock, settings } = parts;
    const { controlUrls: urls, fleetSecret } = settings;
    const source = parts.state.source();
    const fleet = fleetClientOf(source, parts);
    const topics = new EdgeTopics({ source, fleetSecret, fetch, clock, random: parts.random });
    let streaming = false;
    try {
      const gateway = new Gateway({
        ...parts,
        source,
        fleet,
        get hub() {
          return topics.hub;
        },
        streams: topics.streams,
        control: new ControlClient({ urls, fleetSecret, fetch, source, clock, random: parts.random }),
        fleetMetrics: () => new FleetMetrics({ source, fleetSecret, fetch }).text(),
      });
      const reply = await gateway.serve(route, this.#adapted(exchange), path);
      streaming = reply.stream !== undefined && exchange.method !== 'HEAD';
      return reply;
    } finally {
      fleet.close();
      topics.answered(streaming);
    }
  }

  /**
   * The exchange with a request id of the isolate, unless it brings one that is plain; and without
   * `Accept-Encoding`, because the runtime compresses by itself and would compress twice.
   */
  #adapted(exchange: Exchange): Exchange {
    const { method, path, query, body, onAbort } = exchange;
    const own: Record<string, string | undefined> = {
      'x-request-id': this.#requestIds.next(exchange.header('x-request-id')),
      'accept-encoding': undefined,
    };
    const header = (name: string) => (Object.hasOwn(own, name) ? own[name] : exchange.header(name));
    return { method, path, query, body, header, onAbort };
  }
}

/** Only a defect meets it: what serves a request has its own. */
function ofRequest(what: string): Error {
  return new Error(`a ${what} belongs to a request`);
}

/**
 * The fleet client of one request. It is made in a tenth of a millisecond, because the caches, of which there may
 * be ten thousand, are not its own.
 */
function fleetClientOf(source: StateWatcher, parts: EdgeGatewayParts): FleetClient {
  const { state, fetch, settings, clock, log, random } = parts;
  return new FleetClient({
    source,
    directory: state.directory,
    transport: new FetchTransport(settings.fleetSecret, fetch as typeof globalThis.fetch),
    clock,
    log,
    random,
    delay: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  });
}
