import { EventSource as NpmEventSource } from 'eventsource';
import { createEventSource } from 'eventsource-client';
import { EventSource as UndiciEventSource } from 'undici';

export interface SeenEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** One subscription by a client that somebody else wrote, and all that it dispatched. */
export interface RealSubscription {
  readonly client: string;
  readonly events: readonly SeenEvent[];
  /** Whether the client has given up for good. */
  stopped(): boolean;
  close(): void;
}

/** Every type of event that the contract has. */
export const eventTypes = ['message', 'binary', 'checkpoint', 'discontinuity', 'goaway', 'end'] as const;

interface StandardEventSource {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: { lastEventId: string; data: string }) => void): void;
  close(): void;
}

function standard(client: string, source: StandardEventSource): RealSubscription {
  const events: SeenEvent[] = [];
  for (const event of eventTypes)
    source.addEventListener(event, ({ lastEventId, data }) => events.push({ event, id: lastEventId, data }));
  return { client, events, stopped: () => source.readyState === 2, close: () => source.close() };
}

function npmClient(url: string): RealSubscription {
  const events: SeenEvent[] = [];
  const source = createEventSource({
    url,
    onMessage: ({ event = 'message', id, data }) => events.push({ event, id, data }),
  });
  return {
    client: 'eventsource-client',
    events,
    stopped: () => source.readyState === 'closed',
    close: () => source.close(),
  };
}

/** The clients by name; each takes a URL, because an `EventSource` can send no header of its own. */
export const realClients: Readonly<Record<string, (url: string) => RealSubscription>> = {
  eventsource: (url) => standard('eventsource', new NpmEventSource(url) as unknown as StandardEventSource),
  undici: (url) => standard('undici', new UndiciEventSource(url) as unknown as StandardEventSource),
  'eventsource-client': npmClient,
};
