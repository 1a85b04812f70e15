import { evictionPolicyNames } from '../../../src/storage-node/engine/options.ts';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { storageEngineConformance } from '../../conformance/storage-engine.ts';
import { NaiveEngine } from './naive-engine.ts';

for (const eviction of evictionPolicyNames) {
  storageEngineConformance(`segcache, ${eviction}`, (options) => createSegcache({ ...options, eviction }));
}
storageEngineConformance('naive engine', (options) => new NaiveEngine(options));
