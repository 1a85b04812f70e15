import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { EventReader, type EventShape } from '../../bench/topics/event-reader.ts';
import { messageBytes, numberPlace, readNumber, textOf, writeNumber } from '../../bench/topics/message.ts';
import type { TopicsReport } from '../../bench/topics/report.ts';
import { Tally } from '../../bench/topics/tally.ts';
import { removeTraceFiles, traceFile } from '../cli/replay/trace-file.ts';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';

const main = join(import.meta.dirname, '../../bench/topics/main.ts');

afterEach(endRunningProcesses);
afterAll(removeTraceFiles);

describe('bench:topics --small', () => {
  it('runs through everything, sees every message once and in order', { timeout: 120_000 }, async () => {
    const out = traceFile('', 'topics.json');
    const bench = new RunningProcess([main, '--small', `--out=${out}`]);
    const { code } = await bench.exited;
    expect(code, bench.stderr).toBe(0);

    const report = JSON.parse(readFileSync(out, 'utf8')) as TopicsReport;
    // nchan may not be installed here: then it is named, with what would bring it
    for (const reason of report.skipped) expect(reason).toMatch(/^nchan: there is no .* brings it$/);
    const ids = report.skipped.length === 0 ? ['godwit', 'nchan', 'bare_loop'] : ['godwit', 'bare_loop'];
    expect(report.subjects.map(({ id }) => id)).toEqual(ids);

    const rows = report.fan_out.map(({ subject, batch }) => `${subject} ${batch}`).sort();
    expect(rows).toEqual([...ids.map((id) => `${id} 1`), 'godwit 16'].sort());
    for (const one of [...report.fan_out, ...report.latency]) {
      expect(one).toMatchObject({ lost: 0, wrong: 0, troubles: {} });
      for (const value of [one.deliveries_per_second, one.published_per_second, one.p50_ms, one.p99_ms])
        expect(Number.isFinite(value) && value > 0).toBe(true);
    }
    for (const { errors, requests_per_second } of report.publish) {
      expect(errors).toBe(0);
      expect(requests_per_second).toBeGreaterThan(0);
    }
    for (const { subscribers, most, figures } of report.idle) {
      expect([subscribers, most.connected]).toEqual([report.options.many.idle, report.options.many.most]);
      expect(figures).toMatchObject({ lost: 0, wrong: 0, skipped: 0, ended: {} });
    }
    expect(report.storm.map(({ subject }) => subject)).toEqual(ids.filter((id) => id !== 'bare_loop'));
    for (const { back, subscribers, published, figures } of report.storm) {
      expect(back).toBe(subscribers);
      expect(published).toBeGreaterThan(0);
      expect(figures).toMatchObject({ lost: 0, wrong: 0, skipped: 0 });
    }
    expect(bench.stdout).toContain('0 lost, wrong or refused');
  });

  it('refuses what makes no sense', async () => {
    for (const [flag, message] of [
      ['--seconds=0', '--seconds must be above 0 and at most 60\n'],
      ['--parts=nothing', '--parts: there is no nothing; there are fan-out, latency, publish, many\n'],
      ['--subjects=mercure', '--subjects: there is no mercure; there are godwit, nchan, bare_loop\n'],
    ] as const) {
      const bench = new RunningProcess([main, flag]);
      expect((await bench.exited).code).toBe(2);
      expect(bench.stderr).toBe(message);
    }
  });
});

describe("the client's reader", () => {
  const shape = (): EventShape => ({ length: Number.MAX_SAFE_INTEGER, firstByte: 0, textAt: 0, sequenceEnd: 0 });
  const reading = (inFull = false) => {
    const tally = new Tally();
    const options = { tally, shape: shape(), published: [0, 0], sequenced: true, inFull, latency: false };
    const reader = new EventReader(options);
    return { tally, reader, read: (text: string) => reader.read(Buffer.from(text), 0, text.length) };
  };
  const event = (sequence: number, lane: number, number: number, text = textOf(lane, number, 7)) =>
    `event: message\nid: 9-${sequence}\ndata: ${text}\n\n`;
  const stream = `retry: 4217\n: connected\n\nevent: checkpoint\nid: 9-7\ndata: {}\n\n${event(8, 0, 1)}${event(9, 1, 1)}: heartbeat\n\n${event(10, 0, 2)}${event(11, 0, 3)}`;

  it('message: 100 bytes, whose numbers are read and written in place', () => {
    const bytes = Buffer.from(`..${textOf(3, 42, 1_234_567)}`);
    expect(bytes.length).toBe(2 + messageBytes);
    expect(readNumber(bytes, 2, numberPlace)).toBe(42);
    writeNumber(bytes, 2, numberPlace, 43);
    expect(bytes.toString('latin1', 2)).toBe(textOf(3, 43, 1_234_567));
  });

  it('takes the same from a stream in one piece as from one cut anywhere', () => {
    for (const inFull of [true, false])
      for (let cut = 0; cut <= stream.length; cut++) {
        const { tally, reader, read } = reading(inFull);
        read(stream.slice(0, cut));
        read(stream.slice(cut));
        expect(tally).toMatchObject({ deliveries: 4, wrong: 0, gaps: 0, checkedInFull: inFull ? 4 : 0 });
        expect([reader.lastEventId, reader.retryMs, ...reader.numbers]).toEqual(['9-11', 4217, 3, 1]);
      }
  });

  it('a gap is one unless it was announced', () => {
    const silent = reading();
    silent.read(`${stream}${event(14, 0, 6)}`);
    expect(silent.tally).toMatchObject({ deliveries: 5, gaps: 2, skipped: 0, wrong: 1 });

    const announced = reading();
    const numbers = { last_topic_sequence: 11, new_topic_sequence: 14, new_sequence_page: 9 };
    announced.read(`${stream}event: discontinuity\nid: 9-13\ndata: ${JSON.stringify(numbers)}\n\n${event(14, 0, 6)}`);
    expect(announced.tally).toMatchObject({ deliveries: 5, gaps: 2, skipped: 2, discontinuities: 1, wrong: 0 });
  });

  it('a message that comes twice, late, with another text or another sequence is wrong', () => {
    const other = textOf(0, 4, 7).replace('abc', 'abd');
    for (const bad of [event(12, 0, 3), event(12, 0, 2), event(12, 0, 4, other), event(13, 0, 4)]) {
      const { tally, read } = reading(true);
      read(stream + bad);
      expect(tally.wrong, bad).toBe(1);
    }
  });

  it('keeps the reason of a stream that the server ends', () => {
    const { reader, read } = reading();
    read(`${stream}event: goaway\nid: 9-11\ndata: {"reason":"drain"}\n\n`);
    expect(reader.goodbye).toBe('goaway: drain');
    reader.reconnected();
    expect([reader.goodbye, reader.lastEventId]).toEqual([null, '9-11']);
  });
});
