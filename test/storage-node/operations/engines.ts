import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import type { StorageEngine } from '../../../src/storage-node/engine/storage-engine.ts';
import { NaiveEngine } from '../engine/naive-engine.ts';

const memoryBytes = 32 * 1024 * 1024;

/** The engines that every operation has to work on. */
export const engines: [name: string, newEngine: () => StorageEngine][] = [
  ['naive engine', () => new NaiveEngine({ memoryBytes })],
  ['segcache', () => createSegcache({ memoryBytes, hashSeed: 1 })],
];
