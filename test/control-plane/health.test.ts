import { describe, expect, it } from 'vitest';
import { Health } from '../../src/control-plane/health.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { heartbeatOf } from './fixtures.ts';

const { silentMs, cutOffMs, lookMs, lateLookMs, togetherMs, flapsMax, flapPauseMsMin, flapPauseMsMax, flapWindowMs } =
  controlPlaneLimits;
const lives = ['a/1', 'b/1', 'c/1', 'd/1'];
const known = new Set(lives);

/** Looks every `lookMs`; those of `speaking` send a heartbeat with each, with what they say of the others. */
function watch(
  health: Health,
  fromMs: number,
  forMs: number,
  speaking: readonly string[],
  silentOf: (from: string, about: string, nowMs: number) => number | undefined = () => undefined,
): { life: string; atMs: number }[] {
  const found: { life: string; atMs: number }[] = [];
  for (let nowMs = fromMs; nowMs <= fromMs + forMs; nowMs += lookMs) {
    for (const life of speaking) {
      const peers = lives.flatMap((about) => {
        const silent_ms = silentOf(life, about, nowMs);
        return silent_ms === undefined ? [] : [{ life: about, silent_ms }];
      });
      health.heard(life, heartbeatOf(life, { peers }), nowMs);
    }
    const alive = lives.filter((life) => !found.some((each) => each.life === life));
    for (const life of health.look(alive, known, nowMs)) found.push({ life, atMs: nowMs - fromMs });
  }
  return found;
}

describe('health', () => {
  it('a node without heartbeats is silent when the time is over, and not before', () => {
    const health = new Health(0);
    watch(health, 0, 0, lives);
    expect(watch(health, lookMs, 5_000, lives.slice(1))).toEqual([{ life: 'a/1', atMs: silentMs - lookMs }]);
  });

  it('one that never sent a heartbeat counts from the first look', () => {
    const health = new Health(0);
    expect(watch(health, 1_000, 5_000, lives.slice(1))).toEqual([{ life: 'a/1', atMs: silentMs }]);
  });

  it('two peers that hear it keep it from being silent; one of several does not', () => {
    const hears = (...peers: string[]) => {
      return (from: string, about: string) => (about !== 'a/1' ? undefined : peers.includes(from) ? 0 : 5_000);
    };
    const shortMs = cutOffMs - lookMs;
    expect(watch(new Health(0), 0, shortMs, lives.slice(1), hears('b/1', 'c/1'))).toEqual([]);
    expect(watch(new Health(0), 0, 5_000, lives.slice(1), hears('b/1'))).toEqual([{ life: 'a/1', atMs: silentMs }]);
  });

  it('a life may be running for as long as any peer has heard it within the time of a lease', () => {
    const health = new Health(0);
    watch(health, 0, 0, lives);
    // Since 2,000 ms nobody hears it but one peer, and that one not after 3,000.
    const heardBy = (from: string, about: string, nowMs: number) =>
      about !== 'a/1' ? undefined : from === 'b/1' ? Math.max(0, nowMs - 3_000) : nowMs;
    watch(health, lookMs, 3_000 + silentMs - lookMs, lives.slice(1), heardBy);
    expect(health.isHeardByPeers('a/1', 3_000 + silentMs)).toBe(false);
    expect(health.mayRun('a/1', 3_000 + silentMs)).toBe(true);
    expect(health.mayRun('a/1', 3_000 + silentMs + 1)).toBe(false);
  });

  it('where only one peer follows it, that one is enough', () => {
    const one = (from: string, about: string) => (from === 'b/1' && about === 'a/1' ? 0 : undefined);
    expect(watch(new Health(0), 0, cutOffMs - lookMs, lives.slice(1), one)).toEqual([]);
  });

  describe('a node that is cut off from the control plane, and that its peers hear', () => {
    const heard = (_from: string, about: string) => (about === 'a/1' ? 0 : undefined);

    it('is silent after the longer time', () => {
      const found = watch(new Health(0), 0, 20_000, lives.slice(1), heard);
      expect(found).toEqual([{ life: 'a/1', atMs: cutOffMs }]);
    });

    it('is not while heartbeats come now and then', () => {
      const health = new Health(0);
      for (let fromMs = 0; fromMs < 30_000; fromMs += cutOffMs) {
        health.heard('a/1', heartbeatOf('a/1'), fromMs);
        expect(watch(health, fromMs, cutOffMs - lookMs, lives.slice(1), heard)).toEqual([]);
      }
    });

    it('has the whole time again at a new leader, and at one that stood still', () => {
      const fresh = new Health(100_000);
      expect(watch(fresh, 100_000, cutOffMs - lookMs, lives.slice(1), heard)).toEqual([]);
      const resumedMs = 200_000;
      expect(watch(fresh, resumedMs, cutOffMs - lookMs, lives.slice(1), heard)).toEqual([]);
      expect(watch(fresh, resumedMs + cutOffMs, 0, lives.slice(1), heard)).toHaveLength(1);
    });

    it('has it again when the control plane was away: who is heard first after that judges nobody by it', () => {
      const health = new Health(0);
      watch(health, 0, 1_000, lives, heard);
      expect(watch(health, 1_000 + lookMs, 60_000, [])).toEqual([]);
      const backMs = 61_000 + 2 * lookMs;
      const hearsAll = (from: string, about: string) => (from === about ? undefined : 0);
      expect(watch(health, backMs, cutOffMs - 2 * lookMs, ['b/1'], hearsAll)).toEqual([]);
      expect(watch(health, backMs + cutOffMs, 0, ['b/1'], hearsAll).map(({ life }) => life)).toEqual([
        ...['a/1', 'c/1', 'd/1'],
      ]);
    });
  });

  it('what peers heard a while ago, or say no longer, does not count', () => {
    const health = new Health(0);
    const old = (_from: string, about: string) => (about === 'a/1' ? controlPlaneLimits.heardByPeersMs + 1 : undefined);
    expect(watch(health, 0, 5_000, lives.slice(1), old)).toEqual([{ life: 'a/1', atMs: silentMs }]);
    const before = new Health(0);
    watch(before, 0, 0, lives, (_from, about) => (about === 'a/1' ? 0 : undefined));
    // b, c and d fall silent with a: what they said of it is as old as their silence.
    const found = watch(before, lookMs, 5_000, ['d/1'], () => undefined);
    expect(found.map(({ life }) => life)).toEqual(['a/1', 'b/1', 'c/1']);
  });

  it('a control process that stood still gives everybody the whole time again', () => {
    const health = new Health(0);
    watch(health, 0, 1_000, lives);
    const resumedMs = 1_000 + lookMs + lateLookMs + 10_000;
    expect(health.look(lives, known, resumedMs)).toEqual([]);
    // The first is heard one look later, and all count from there.
    expect(watch(health, resumedMs + lookMs, 5_000, lives.slice(1))).toEqual([{ life: 'a/1', atMs: silentMs }]);
  });

  it('a look that is a little late changes nothing', () => {
    const health = new Health(0);
    watch(health, 0, 0, lives);
    watch(health, lookMs, silentMs - 2 * lookMs - lateLookMs, lives.slice(1));
    expect(watch(health, silentMs, 0, lives.slice(1))).toEqual([{ life: 'a/1', atMs: 0 }]);
  });

  it('who hears nobody at all judges nobody', () => {
    const health = new Health(0);
    watch(health, 0, 1_000, lives);
    expect(watch(health, 1_000 + lookMs, 60_000, [])).toEqual([]);
  });

  it('all who fall silent together, each at the end of its own pause, are judged by none of them', () => {
    const health = new Health(0);
    watch(health, 0, 1_000, lives);
    for (const [index, life] of lives.entries()) health.heard(life, heartbeatOf(life), 1_000 + index * 50);
    expect(watch(health, 1_000 + lookMs, 60_000, [])).toEqual([]);
  });

  it('where the last of them is heard again, those that are not are silent at once', () => {
    const health = new Health(0);
    watch(health, 0, 1_000, lives);
    health.heard('d/1', heartbeatOf('d/1'), 1_000 + togetherMs - 1);
    expect(watch(health, 1_000 + lookMs, silentMs, [])).toEqual([]);
    const found = watch(health, 1_000 + silentMs + 2 * lookMs, 0, ['d/1']);
    expect(found.map(({ life }) => life)).toEqual(['a/1', 'b/1', 'c/1']);
  });

  it('who hears somebody again gives all others the whole time: they are on their way as well', () => {
    const health = new Health(0);
    watch(health, 0, 1_000, lives);
    watch(health, 1_000 + lookMs, 60_000, []);
    const healedMs = 61_000 + 2 * lookMs;
    expect(watch(health, healedMs, silentMs - lookMs, ['b/1'])).toEqual([]);
    const found = watch(health, healedMs + silentMs, 0, ['b/1']);
    expect(found.map(({ life }) => life)).toEqual(['a/1', 'c/1', 'd/1']);
  });

  it('how long nobody is heard counts from the last look at which somebody was, and where there is somebody to hear', () => {
    const health = new Health(0);
    watch(health, 0, 1_000, ['a/1']);
    expect(health.deafForMs(1_000)).toBeUndefined();
    watch(health, 1_000 + lookMs, 10_000, []);
    expect(health.deafForMs(11_000)).toBe(10_000 - silentMs);
    // This process stood still: whoever spoke meanwhile was not heard.
    health.look(lives, known, 20_000);
    expect(health.deafForMs(20_000)).toBe(0);
    health.look([], new Set(), 20_050);
    expect(health.deafForMs(20_050)).toBeUndefined();
  });

  it('reports are forgotten with their lives, and are fresh for as long as silence takes', () => {
    const health = new Health(0);
    health.heard('a/1', heartbeatOf('a/1'), 100);
    expect(health.freshReport('a/1', 100 + silentMs - 1)?.atMs).toBe(100);
    expect(health.freshReport('a/1', 100 + silentMs)).toBeUndefined();
    health.look([], new Set(), 200);
    expect(health.report('a/1')).toBeUndefined();
  });

  it('a node that comes and goes is held back, twice as long each time, up to a bound', () => {
    const health = new Health(0);
    for (let time = 1; time < flapsMax; time++) health.flapped('a', 0);
    expect(health.isFlapping('a', 0)).toBe(false);
    const pauseMs = () => {
      let ms = 0;
      while (health.isFlapping('a', ms)) ms += 1_000;
      return ms;
    };
    for (let time = 0; time < 10; time++) {
      health.flapped('a', 0);
      expect(pauseMs()).toBe(Math.min(flapPauseMsMax, flapPauseMsMin * 2 ** time));
    }
    expect(health.isFlapping('b', 0)).toBe(false);
    health.forgiveFlapping();
    expect(health.isFlapping('a', 0)).toBe(false);
  });

  it('what is longer ago than the window is forgotten', () => {
    const health = new Health(0);
    for (let time = 0; time < flapsMax; time++) health.flapped('a', time);
    health.flapped('a', flapWindowMs + 10);
    expect(health.isFlapping('a', flapWindowMs + 10)).toBe(false);
  });
});
