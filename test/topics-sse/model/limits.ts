import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { streamLimits } from '../../../src/topics-sse/limits.ts';
import type { WorldLimits } from './world.ts';

type Numbers = Record<string, number>;

/** Puts a world's bounds in the place of those of the code under test; returns the way back. */
export function lowerLimits(limits: WorldLimits): () => void {
  const undo: (() => void)[] = [];
  for (const [name, value] of Object.entries(limits)) {
    const home = [streamLimits, nodeLimits].find((each) => name in each) as unknown as Numbers | undefined;
    if (home === undefined) throw new Error(`no limit has the name ${name}`);
    const before = home[name]!;
    undo.push(() => {
      home[name] = before;
    });
    home[name] = value;
  }
  return () => {
    for (const restore of undo) restore();
  };
}
