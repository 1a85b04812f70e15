import { z } from 'zod';
import { invalidArgument } from '../../../shared/errors.ts';
import { parseEventId } from '../../../topics-sse/event-id.ts';
import { streamLimits } from '../../../topics-sse/limits.ts';
import type { Start } from '../../../topics-sse/start.ts';
import type { EventFormat } from '../../../topics-sse/topic-message.ts';
import type { Arguments } from '../arguments.ts';
import { queryParameter } from '../parameters.ts';
import type { Parameter } from '../route.ts';

const wholeNumber = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const lastEventIdQuery = queryParameter(
  'last_event_id',
  'string',
  z.string().min(1).max(8_192),
  'The id of the last event received: the stream goes on after it. For clients that cannot send the header.',
);
export const lastEventIdHeader: Parameter = {
  name: 'Last-Event-ID',
  in: 'header',
  kind: 'string',
  schema: z.string(),
  required: false,
  description:
    'The id of the last event received, as browsers send it when they reconnect. Wins over every other position. One that this server never gave out is a position that is not known: a discontinuity says so.',
};
export const sequenceNumber = queryParameter(
  'sequence_number',
  'integer',
  wholeNumber,
  'Number of the message wanted next: the last one received and one; 0: from now on.',
);
export const sequencePage = queryParameter(
  'sequence_page',
  'integer',
  wholeNumber,
  'The page that the number is of, as received; 0: not known, and the number is taken for one of the current page.',
);
export const startParameter = queryParameter(
  'start',
  'string',
  z.string().regex(/^(latest|earliest|-\d{1,9})$/),
  'Where to begin when no position is given: `latest` (default): with what is published from now on; `earliest`: with the oldest message kept; `-N`: with the last N that are kept.',
  'latest',
);
export const formatParameter = queryParameter(
  'format',
  'string',
  z.enum(['plain', 'json']),
  '`plain`: the text is the event’s data, bytes are base64 in events of type `binary`. `json`: an envelope that also tells number, page, time and publisher. Default `plain`, with several topics `json`.',
);
export const checkpointsParameter = queryParameter(
  'checkpoints',
  'flag',
  z.boolean(),
  'Whether heartbeats are `checkpoint` events, which tell the position, instead of comments.',
);
export const heartbeatParameter = queryParameter(
  'heartbeat_seconds',
  'integer',
  z.int().min(1).max(streamLimits.heartbeatSecondsMax),
  `How often a heartbeat is sent, in seconds; ${streamLimits.heartbeatSecondsDefault} when absent.`,
);
export const waitParameter = queryParameter(
  'wait_seconds',
  'integer',
  z.int().min(0).max(streamLimits.waitSecondsMax),
  `How long a poll waits for a first message, in seconds; ${streamLimits.waitSecondsDefault} when absent.`,
);

/** What shapes a stream, whatever it follows. */
export const streamParameters: readonly Parameter[] = [
  lastEventIdHeader,
  lastEventIdQuery,
  startParameter,
  formatParameter,
  checkpointsParameter,
  heartbeatParameter,
];

/** Whether a client asks for a stream of events: it names the type, as `EventSource` does. */
export function wantsEvents(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return accept.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === 'text/event-stream' && !parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter));
  });
}

export function formatOf(values: Arguments, absent: EventFormat): EventFormat {
  return (values['format'] as EventFormat | undefined) ?? absent;
}

/** Where a reader of one topic begins. Raises `invalid_argument` for a `last_event_id` that is none. */
export function startOf(values: Arguments): Start {
  const header = values['Last-Event-ID'] as string | undefined;
  if (header !== undefined && header !== '') {
    const position = parseEventId(header);
    return position === undefined ? { kind: 'unknown' } : { kind: 'after', ...position };
  }
  const id = values['last_event_id'] as string | undefined;
  if (id !== undefined) {
    const position = parseEventId(id);
    if (position === undefined) throw invalidArgument('The parameter last_event_id is no id of an event of one topic.');
    return { kind: 'after', ...position };
  }
  const next = (values['sequence_number'] as number | undefined) ?? 0;
  const page = (values['sequence_page'] as number | undefined) ?? 0;
  if (next > 0) return { kind: 'after', page: page === 0 ? null : page, sequence: next - 1 };
  if (page > 0) return { kind: 'latest', page };
  return startPosition(values);
}

/** The start that is asked for when no position is given. */
export function startPosition(values: Arguments): Start {
  const start = values['start'] as string | undefined;
  if (start === undefined || start === 'latest') return { kind: 'latest' };
  if (start === 'earliest') return { kind: 'earliest' };
  return { kind: 'tail', count: Number(start.slice(1)) };
}
