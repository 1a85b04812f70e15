import { cacheSeed, keyHash, slotOf } from '../../../src/shared/slots.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { account, utf8 } from '../../support/fleet-state.ts';

export const cacheName = 'cache';

/** Bounds of the code under test that a world makes smaller, so that little data passes them. */
export interface WorldLimits {
  readonly unsentBytesSoft: number;
  readonly unsentBytesHard: number;
  readonly unsentBytesAll: number;
  readonly pieceBytes: number;
  readonly mirrorBytesMax: number;
  readonly lingerMs: number;
  readonly roundMs: number;
  readonly pollMessagesMax: number;
  readonly positionsPerIdMax: number;
  readonly topicLinkUnreadBytesMax: number;
  readonly topicIdleMs: number;
  readonly topicCrowdedIdleMs: number;
}

/** All that a schedule runs in, but for what happens. */
export interface World {
  readonly seed: number;
  readonly profile: Profile;
  readonly nodes: number;
  readonly gateways: number;
  readonly topics: number;
  readonly messagesMax: number;
  readonly retentionMs: number;
  readonly logBytesMax: number;
  /** Memory for topics of each node. */
  readonly nodeBytesMax: number;
  readonly linkLatencyMs: number;
  readonly linkChunkBytesMax: number;
  /** Time over which steps are spread. */
  readonly durationMs: number;
  readonly maintenanceMs: number;
  /** Longest wait of a reader before it connects again, in ms. */
  readonly retryMsMax: number;
  readonly limits: WorldLimits;
}

/**
 * - calm: nothing breaks but readers; whoever reads fast gets everything at once, whoever is slow.
 * - gapless: links, gateways and readers break, the logs keep everything: nobody may be told of a gap.
 * - trimmed: logs keep next to nothing.
 * - faults: nodes die and slots move, too.
 * - replicated: every node has a copy of every slot; nodes die, stand still and hand slots over, one copy always stays:
 *   nobody may be told of a gap.
 * - pressure: nodes and gateways have too little memory.
 * - recreated: the cache is deleted and made anew.
 */
export const profiles = ['calm', 'gapless', 'trimmed', 'faults', 'replicated', 'pressure', 'recreated'] as const;
export type Profile = (typeof profiles)[number];

/** Profiles in which no message is ever lost, so that no gap may be told. */
export const isLossless = ({ profile }: World): boolean =>
  profile === 'calm' || profile === 'gapless' || profile === 'replicated';

/** The topics that there may be. Two of them share a slot. */
export const topicNames: readonly string[] = ['a0', 'b1', sharingSlotWith('a0'), 'b3', 'a4'];

/** Where topics are: their hash within the cache. */
export function topicHashOf(name: string): number {
  return keyHash(cacheSeed(account, cacheName), utf8(name));
}

function sharingSlotWith(name: string): string {
  const slot = slotOf(topicHashOf(name));
  for (let number = 10; ; number++) if (slotOf(topicHashOf(`a${number}`)) === slot) return `a${number}`;
}

export function worldOf(seed: number, profile: Profile = profiles[seed % profiles.length]!): World {
  const random = new Choices(seed ^ 0x5eed);
  const ample = profile === 'calm' || profile === 'gapless' || profile === 'replicated';
  const tight = profile === 'pressure';
  const keeps = ample || (profile !== 'trimmed' && random.chance(0.5));
  return {
    seed,
    profile,
    nodes: profile === 'replicated' ? 2 + random.below(2) : 1 + random.below(3),
    gateways: 1 + random.below(3),
    topics: 1 + random.below(5),
    messagesMax: keeps ? 1_000_000 : random.of([0, 1, 2, 5, 20]),
    retentionMs: keeps ? 3_600_000 : random.of([0, 20, 500, 5_000, 60_000]),
    logBytesMax: keeps ? 10_000_000 : random.of([0, 300, 1_500, 1_000_000]),
    nodeBytesMax: tight ? 12_000 + random.below(12_000) : 100_000_000,
    linkLatencyMs: random.of([0.1, 1, 10, 80]),
    linkChunkBytesMax: profile === 'calm' ? 1_000_000 : random.of([60, 500, 20_000, 1_000_000]),
    durationMs: random.of([500, 5_000, 30_000]),
    maintenanceMs: random.of([100, 1_000]),
    retryMsMax: random.of([50, 1_000, 10_000]),
    limits: {
      unsentBytesSoft: random.of([150, 600, 5_000]),
      unsentBytesHard: profile === 'calm' ? 10_000_000 : random.of([8_000, 1_000_000]),
      unsentBytesAll: tight ? 4_000 : 100_000_000,
      pieceBytes: random.of([1, 100, 2_000]),
      mirrorBytesMax: tight ? 2_000 + random.below(8_000) : 100_000_000,
      roundMs: random.of([250, 1_000]),
      lingerMs: random.of([50, 2_000, 10_000]),
      pollMessagesMax: random.of([2, 3, 1_000]),
      positionsPerIdMax: profile === 'faults' ? random.of([2, 100]) : 100,
      topicLinkUnreadBytesMax: profile === 'calm' ? 8_000_000 : random.of([300, 2_000, 8_000_000]),
      topicIdleMs: ample ? 3_600_000 : random.of([100, 3_000, 600_000]),
      topicCrowdedIdleMs: ample ? 3_600_000 : random.of([50, 10_000]),
    },
  };
}
