import { describe, expect, it } from 'vitest';
import { startOf, wantsEvents } from '../../../../src/api/routes/topics/stream-parameters.ts';

describe('a client wants events', () => {
  it.each([
    ['text/event-stream', true],
    ['Text/Event-Stream; charset=utf-8', true],
    ['application/json;q=0.5, text/event-stream;q=0.1', true],
    ['*/*', false],
    ['application/json', false],
    ['text/event-streams', false],
    ['text/event-stream;q=0', false],
    ['text/event-stream; q=0.000, application/json', false],
    ['', false],
    [undefined, false],
  ])('Accept: %s: %s', (accept, wanted) => {
    expect(wantsEvents(accept)).toBe(wanted);
  });
});

describe('where a reader begins', () => {
  it.each([
    [
      'the header before all else',
      { 'Last-Event-ID': '7-3', last_event_id: '8-1', start: 'earliest' },
      { kind: 'after', page: 7, sequence: 3 },
    ],
    ['a header of another kind is an unknown position', { 'Last-Event-ID': 'abc' }, { kind: 'unknown' }],
    ['an empty header is none', { 'Last-Event-ID': '', start: 'earliest' }, { kind: 'earliest' }],
    [
      'the parameter before numbers',
      { last_event_id: '8-1', sequence_number: 4 },
      { kind: 'after', page: 8, sequence: 1 },
    ],
    [
      'the number wanted next, of its page',
      { sequence_number: 4, sequence_page: 9 },
      { kind: 'after', page: 9, sequence: 3 },
    ],
    ['the number of a page that is not known', { sequence_number: 4 }, { kind: 'after', page: null, sequence: 3 }],
    ['number 0 of a page: from now, if it is still the page', { sequence_page: 9 }, { kind: 'latest', page: 9 }],
    ['numbers before the start', { sequence_number: 1, start: 'earliest' }, { kind: 'after', page: null, sequence: 0 }],
    ['the last so many', { start: '-12' }, { kind: 'tail', count: 12 }],
    ['nothing given: from now on', {}, { kind: 'latest' }],
  ])('%s', (_, values, start) => {
    expect(startOf(values)).toEqual(start);
  });

  it('a parameter that is no id is refused', () => {
    expect(() => startOf({ last_event_id: '7-' })).toThrow('no id of an event');
  });
});
