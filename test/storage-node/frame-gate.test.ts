import { describe, expect, it } from 'vitest';
import { FrameGate } from '../../src/storage-node/frame-gate.ts';

describe('frame gate', () => {
  function gateWith(bytesMax: number) {
    const gate = new FrameGate(bytesMax);
    const started: string[] = [];
    const enter = (name: string, bytes: number) =>
      gate.enter(() => {
        started.push(name);
        gate.add(bytes);
      });
    return { gate, started, enter };
  }

  it('enter: starts at once while there is room, the last one whatever its size', () => {
    const { started, enter, gate } = gateWith(100);
    enter('a', 60);
    enter('b', 900);
    enter('c', 1);
    expect(started).toEqual(['a', 'b']);
    expect([gate.bytes, gate.waiting]).toEqual([960, 1]);
  });

  it('leave: lets in who waits, in turn, until it is full again', () => {
    const { started, enter, gate } = gateWith(100);
    enter('a', 150);
    for (const name of ['b', 'c', 'd']) enter(name, 60);
    gate.leave(150);
    expect(started).toEqual(['a', 'b', 'c']);
    gate.leave(60);
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('enter: who comes later does not overtake', () => {
    const { started, enter, gate } = gateWith(100);
    enter('a', 100);
    enter('b', 100);
    gate.leave(0);
    enter('c', 1);
    gate.leave(100);
    expect(started).toEqual(['a', 'b']);
  });

  it('call off: who has gone is not started, and takes nobody’s place', () => {
    const { started, enter, gate } = gateWith(100);
    enter('a', 100);
    const callOff = enter('b', 100);
    enter('c', 100);
    callOff();
    gate.leave(100);
    expect(started).toEqual(['a', 'c']);
    callOff();
    expect(gate.waiting).toBe(0);
  });
});
