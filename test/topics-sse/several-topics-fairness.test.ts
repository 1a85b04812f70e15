import { expect, it } from 'vitest';
import type { StreamPiece } from '../../src/topics-sse/event-outlet.ts';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import { SeveralPositions } from '../../src/topics-sse/several-positions.ts';
import { StreamKeeper } from '../../src/topics-sse/stream-keeper.ts';
import { TopicStream } from '../../src/topics-sse/topic-stream.ts';
import { FakeOutlet } from './fake-outlet.ts';
import { FakeHost, FakeTopic } from './fake-topic.ts';

/** An outlet that is full after each piece. */
class NarrowOutlet extends FakeOutlet {
  narrow = false;

  override write(piece: StreamPiece): void {
    super.write(piece);
    if (this.narrow) this.unsentBytes = streamLimits.unsentBytesSoft + 1;
  }
}

it('several topics: one that is never done does not keep the others from a slow reader', () => {
  const host = new FakeHost();
  const busy = new FakeTopic(host, 'busy');
  const quiet = new FakeTopic(host, 'quiet');
  const keeper = new StreamKeeper({ clock: host.clock, random: () => 0.5, delay: () => () => {} });
  const outlet = new NarrowOutlet();
  const token = { expiresAtMs: Number.POSITIVE_INFINITY, revoked: false };
  const positions = new SeveralPositions();
  const options = { format: 'plain', checkpoints: false, heartbeatMs: 1e6, token, positions } as const;
  const stream = new TopicStream(keeper, outlet, options, host.clock.monotonicMs());
  for (const topic of [busy, quiet]) stream.follow(topic.channel, { kind: 'latest' });
  stream.complete();
  for (const topic of [busy, quiet]) topic.answer();
  outlet.take();

  outlet.narrow = true;
  // Each is a piece of its own.
  const large = 'x'.repeat(streamLimits.pieceBytes);
  busy.publish(large);
  host.turn();
  quiet.publish('told');
  for (let n = 0; n < 5; n++) busy.publish(large);
  host.turn();
  const seen: string[] = [];
  for (let drains = 0; drains < 3; drains++) {
    busy.publish(large);
    host.turn();
    outlet.drain();
    seen.push(...outlet.take().map(({ data }) => data.slice(0, 4)));
  }
  expect(seen).toContain('told');
});
