import { FleetClient } from '../../src/routing/fleet-client.ts';
import { ManualClock } from '../../src/shared/clock.ts';
import type { GodwitError } from '../../src/shared/errors.ts';
import { statusCode } from '../../src/shared/frame/layout.ts';
import { ReplyWriter } from '../../src/shared/frame/reply-writer.ts';
import { RequestReader } from '../../src/shared/frame/request-reader.ts';
import { hopLimits } from '../../src/shared/limits.ts';
import type { Operation, OperationResult, ResultStatus } from '../../src/shared/operation.ts';
import { octetStream } from '../../src/shared/operation.ts';
import { silentLog } from '../../src/shared/process.ts';
import { FakeTransport, type SentFrame } from '../support/fake-transport.ts';
import {
  account,
  ManualSource,
  target,
  testNode,
  testRegistry,
  testState,
  testView,
  utf8,
} from '../support/fleet-state.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { TestStorage } from '../support/storage.ts';

/** What came of one submitted operation. */
export interface Outcome {
  readonly operation: Operation;
  /** How often it was settled. */
  times: number;
  result: OperationResult | null;
  error: GodwitError | null;
}

export const nodeA = testNode('a');
export const nodeB = testNode('b');

/** A fleet client over a fake wire, with two real executors behind it; time and turns move when told. */
export class Routing {
  readonly clock = new ManualClock({ monotonicMs: 1_000 });
  readonly timers = new ManualTimers(this.clock);
  readonly transport = new FakeTransport();
  readonly source: ManualSource;
  readonly client: FleetClient;
  readonly nodes = {
    a: new TestStorage({ clock: this.clock, id: 'a' }),
    b: new TestStorage({ clock: this.clock, id: 'b' }),
  };

  constructor(view = testView(1, [nodeA]), random: () => number = () => 0.5, zone?: string) {
    this.source = new ManualSource(testState(view, testRegistry(1, { cache: 1 })));
    const { source, transport, clock, timers } = this;
    this.client = new FleetClient({ source, transport, clock, log: silentLog, random, delay: timers.delay, zone });
  }

  get cache() {
    return this.client.directory.find(account, 'cache')!;
  }

  submit(operation: Operation, deadlineMs = 1_000): Outcome {
    const outcome: Outcome = { operation, times: 0, result: null, error: null };
    this.client.submit(operation, null, deadlineMs, (result, error) => {
      outcome.times++;
      outcome.result = result;
      outcome.error = error;
    });
    return outcome;
  }

  get(key: string, deadlineMs?: number): Outcome {
    return this.submit({ kind: 'get', ...target(this.cache, key) }, deadlineMs);
  }

  set(key: string, more: object = {}, deadlineMs?: number): Outcome {
    return this.submit(
      {
        kind: 'set',
        ...target(this.cache, key),
        value: utf8(`value of ${key}`),
        contentType: octetStream,
        ttlMs: 60_000,
        ...more,
      },
      deadlineMs,
    );
  }

  /** Ends the turn, and returns the frames that are on the wire now. */
  turn(): SentFrame[] {
    this.transport.turn();
    return this.transport.open;
  }

  /** Puts as many frames on the wire as a lane may have there, each with what `submit` brings. */
  occupy(submit: (index: number) => Outcome): Outcome[] {
    const outcomes: Outcome[] = [];
    for (
      let frames = this.transport.sent.length;
      this.transport.sent.length - frames < hopLimits.laneFramesInFlightMax;
    ) {
      outcomes.push(submit(outcomes.length));
      this.turn();
      // A further frame leaves only when something has waited for a while.
      this.timers.advance(hopLimits.laneFurtherFrameWaitMs);
    }
    return outcomes;
  }

  /** Has the node that a frame was sent to execute it, and hands back its reply. */
  answer(frame: SentFrame): void {
    frame.reply(this.replyTo(frame));
  }

  /** Answers every operation of a frame with this status, and does nothing. */
  refuse(frame: SentFrame, status: ResultStatus): void {
    const reader = new RequestReader();
    reader.open(frame.bytes);
    const reply = new ReplyWriter({ allocate: (size) => new Uint8Array(size) }, 64);
    while (reader.next()) {
      reply.begin(statusCode[status], 0, reader.slot, reader.hash);
      reply.end();
    }
    frame.reply(reply.finish(reader.frameIdLow, reader.frameIdHigh, 1, 1, 0));
  }

  replyTo(frame: SentFrame): Uint8Array {
    return this.nodes[frame.url === nodeB.url ? 'b' : 'a'].execute(frame.bytes);
  }

  /** Answers whatever is on the wire, turn by turn, until nothing is. */
  answerAll(): void {
    for (let frames = this.turn(); frames.length > 0; frames = this.turn())
      for (const frame of frames) if (frame.open) this.answer(frame);
  }
}

/** The outcome in a word: the result's status or the error's code; '' while there is none. */
export function outcomeOf({ times, result, error }: Outcome): string {
  if (times === 0) return '';
  if (times > 1 || (result === null) === (error === null)) return `settled ${times} times`;
  return result?.status ?? error!.code;
}
