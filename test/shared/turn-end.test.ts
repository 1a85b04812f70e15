import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TurnEnd } from '../../src/shared/turn-end.ts';

/** A socket that notes what each system call would be given. */
class Calls extends Writable {
  readonly calls: string[][] = [];
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.calls.push([chunk.toString()]);
    done();
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.calls.push(chunks.map(({ chunk }) => chunk.toString()));
    done();
  }
}

test('what one turn writes to a socket leaves in one call, after what was deferred to its end', async () => {
  const turn = new TurnEnd();
  const one = new Calls();
  const other = new Calls();
  const write = (socket: Calls, text: string) => {
    turn.gather(socket);
    socket.write(text);
  };
  write(one, 'a');
  write(other, 'b');
  turn.defer(() => write(one, 'c'));
  expect([one.calls, other.calls]).toEqual([[], []]);
  await nextTurn();
  expect([one.calls, other.calls]).toEqual([[['a', 'c']], [['b']]]);

  write(one, 'd');
  await nextTurn();
  expect(one.calls.at(-1)).toEqual(['d']);
});

test('what departs waits for all that was deferred, whichever came first, and leaves before sockets are written', async () => {
  const turn = new TurnEnd();
  const socket = new Calls();
  const order: string[] = [];
  turn.depart(() => {
    order.push(`departed with ${socket.calls.length} calls`);
  });
  turn.gather(socket);
  socket.write('a');
  turn.defer(() => {
    order.push('deferred');
    turn.depart(() => order.push('departed as well'));
  });
  await nextTurn();
  expect(order).toEqual(['deferred', 'departed with 0 calls', 'departed as well']);
  expect(socket.calls).toEqual([['a']]);

  turn.depart(() => turn.depart(() => order.push('next')));
  await nextTurn();
  expect(order).toHaveLength(3);
  await nextTurn();
  expect(order.at(-1)).toBe('next');
});

test('what is deferred at the end of a turn comes with the next one', async () => {
  const turn = new TurnEnd();
  const order: string[] = [];
  turn.defer(() => {
    order.push('first');
    turn.defer(() => order.push('second'));
  });
  await nextTurn();
  expect(order).toEqual(['first']);
  await nextTurn();
  expect(order).toEqual(['first', 'second']);
});

test('a socket that is destroyed meanwhile is no matter', async () => {
  const turn = new TurnEnd();
  const socket = new Calls();
  turn.gather(socket);
  socket.write('a');
  socket.destroy();
  await nextTurn();
  expect(socket.calls).toEqual([]);
});
