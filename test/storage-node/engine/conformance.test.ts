import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { storageEngineConformance } from '../../conformance/storage-engine.ts';
import { NaiveEngine } from './naive-engine.ts';

storageEngineConformance('segcache, S3-FIFO', (options) => createSegcache(options));
storageEngineConformance('segcache, FIFO', (options) => createSegcache({ ...options, eviction: 'fifo' }));
storageEngineConformance('naive engine', (options) => new NaiveEngine(options));
