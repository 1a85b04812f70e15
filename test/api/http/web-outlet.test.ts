import { describe, expect, it } from 'vitest';
import { WebOutlet } from '../../../src/api/http/web-outlet.ts';
import { StreamPiece } from '../../../src/topics-sse/event-outlet.ts';

/** An outlet with a listener that counts. */
function open() {
  const outlet = new WebOutlet();
  const told = { drains: 0, closes: 0 };
  outlet.listen({ onDrain: () => void told.drains++, onClose: () => void told.closes++ });
  return { outlet, told, reader: outlet.body.getReader() };
}

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes!).toString();

describe('web outlet', () => {
  it('what is written can be read, piece by piece, and the end is an end', async () => {
    const { outlet, told, reader } = open();
    outlet.write(StreamPiece.of('one'));
    outlet.write(StreamPiece.of('two'));
    outlet.end();
    outlet.write(StreamPiece.of('late'));
    outlet.end();
    outlet.destroy();
    expect(text((await reader.read()).value)).toBe('one');
    expect(text((await reader.read()).value)).toBe('two');
    expect((await reader.read()).done).toBe(true);
    expect(told.closes).toBe(1);
  });

  it('unsent bytes: what was written and not read', async () => {
    const { outlet, reader } = open();
    expect(outlet.unsentBytes).toBe(0);
    outlet.write(StreamPiece.of('x'.repeat(1_000)));
    outlet.write(StreamPiece.of('é'));
    expect(outlet.unsentBytes).toBe(1_002);
    await reader.read();
    expect(outlet.unsentBytes).toBe(2);
    await reader.read();
    expect(outlet.unsentBytes).toBe(0);
    void reader.read();
    outlet.write(StreamPiece.of('straight to the reader'));
    expect(outlet.unsentBytes).toBe(0);
  });

  it('drain: told when everything was read, and only then', async () => {
    const { outlet, told, reader } = open();
    await Promise.resolve();
    outlet.write(StreamPiece.of('one'));
    outlet.write(StreamPiece.of('two'));
    const before = told.drains;
    await reader.read();
    expect(told.drains).toBe(before);
    await reader.read();
    await Promise.resolve();
    expect(told.drains).toBe(before + 1);
  });

  it('drain: what is written in answer to it is read next', async () => {
    const outlet = new WebOutlet();
    let left = 3;
    outlet.listen({
      onDrain: () => {
        if (left-- > 0) outlet.write(StreamPiece.of(`piece ${left}`));
      },
      onClose: () => {},
    });
    const reader = outlet.body.getReader();
    outlet.write(StreamPiece.of('first'));
    const read: string[] = [];
    while (read.length < 4) read.push(text((await reader.read()).value));
    expect(read).toEqual(['first', 'piece 2', 'piece 1', 'piece 0']);
  });

  it('a reader that cancels is a close, once, and later writes go nowhere', async () => {
    const { outlet, told, reader } = open();
    outlet.write(StreamPiece.of('one'));
    await reader.cancel();
    outlet.write(StreamPiece.of('two'));
    outlet.end();
    outlet.destroy();
    expect([told.closes, outlet.unsentBytes]).toEqual([1, 0]);
  });

  it('destroyed: the reader sees an error, not an end', async () => {
    const { outlet, told, reader } = open();
    outlet.write(StreamPiece.of('one'));
    outlet.destroy();
    await expect(reader.read()).rejects.toThrow('stream cut off');
    expect([told.closes, outlet.unsentBytes]).toEqual([1, 0]);
  });
});
