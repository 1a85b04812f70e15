import { describe, expect, it } from 'vitest';
import { type Published, TopicLog, TopicReader } from './topic-log.ts';

function started() {
  const log = new TopicLog('news');
  const reader = new TopicReader('reader', log);
  reader.checkpoint({ page: 7, sequence: 0 });
  const publish = (text: string, fate: Published['fate'] = 'done') =>
    log.published.set(text, { text, invokeMs: 10, fate });
  const read = (sequence: number, text: string, page = 7) => reader.message({ page, sequence }, text);
  return { log, reader, publish, read };
}

describe('the log of a topic', () => {
  it('finds nothing in messages that came once each and in order', () => {
    const { log, reader, publish, read } = started();
    for (const [index, text] of ['one', 'two', 'three'].entries()) {
      publish(text);
      read(index + 1, text);
    }
    reader.checkpoint({ page: 7, sequence: 3 });
    expect(log.violations).toEqual([]);
    expect(reader.missing(0)).toEqual([]);
  });

  it.each([
    ['a gap', [1, 3]],
    ['a message that comes again', [1, 1]],
    ['a message that comes late', [2, 1]],
  ])('finds %s', (_, sequences) => {
    const { log, publish, read } = started();
    for (const sequence of sequences) {
      publish(`text-${sequence}`);
      read(sequence, `text-${sequence}`);
    }
    expect(log.violations).not.toEqual([]);
  });

  it('a gap that was announced is none', () => {
    const { log, reader, publish, read } = started();
    publish('one');
    publish('five');
    read(1, 'one');
    reader.discontinuity({ page: 7, sequence: 4 });
    read(5, 'five');
    expect(log.violations).toEqual([]);
    expect(reader.breaks).toBe(1);
  });

  it('a checkpoint that skips messages is a gap', () => {
    const { log, reader, publish, read } = started();
    publish('one');
    read(1, 'one');
    reader.checkpoint({ page: 7, sequence: 2 });
    expect(log.violations).toEqual(['reader, news: a checkpoint goes from 7-1 to 7-2 without its messages']);
  });

  it('finds a number that stands for two messages', () => {
    const { log, publish, read } = started();
    publish('one');
    publish('other');
    read(1, 'one');
    log.place({ page: 7, sequence: 1 }, 'other');
    expect(log.violations).toEqual(['7-1 of news is one and other']);
  });

  it('finds a message that was published twice', () => {
    const { log, publish, read } = started();
    publish('one');
    read(1, 'one');
    read(2, 'one');
    expect(log.violations).toEqual(['one of news was published twice: 7-1, 7-2']);
  });

  it('finds what nobody published, and what was refused', () => {
    const { log, publish, read } = started();
    read(1, 'invented');
    publish('refused', 'not_done');
    read(2, 'refused');
    expect(log.violations).toEqual([
      'invented in news was never published there',
      'refused was refused, and published in news',
    ]);
    publish('late');
    read(3, 'late');
    log.refused(log.published.get('late')!);
    expect(log.violations).toContain('late was refused, and published in news');
  });

  it('names acknowledged messages that a reader never saw; those of unknown fate may be missing', () => {
    const { reader, publish } = started();
    publish('acknowledged');
    publish('unknown', 'unknown');
    expect(reader.missing(0).map(({ text }) => text)).toEqual(['acknowledged']);
    expect(reader.missing(20)).toEqual([]);
  });
});
