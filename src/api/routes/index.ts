import { getItems, itemsExist, queryItems, queryItemsExist } from './batch/read-items.ts';
import { batchItems, deleteItems, setItems } from './batch/write-items.ts';
import { createCache } from './caches/create-cache.ts';
import { deleteCache } from './caches/delete-cache.ts';
import { flushCache } from './caches/flush-cache.ts';
import { getCache } from './caches/get-cache.ts';
import { listCaches } from './caches/list-caches.ts';
import { updateCache } from './caches/update-cache.ts';
import { getDocs, getDocsFile } from './docs/docs-page.ts';
import { getErrorsPage } from './docs/errors-page.ts';
import { getOpenApi } from './docs/openapi-file.ts';
import { addNode, drainNode } from './fleet/drain-node.ts';
import { getFleet } from './fleet/get-fleet.ts';
import { getFleetPlan } from './fleet/get-plan.ts';
import { listFleetEvents } from './fleet/list-events.ts';
import { rebalanceFleet } from './fleet/rebalance.ts';
import { removeNode } from './fleet/remove-node.ts';
import type { Route } from './route.ts';
import { deleteItem } from './scalars/delete-item.ts';
import { getItem, headItem } from './scalars/get-item.ts';
import { incrementItem } from './scalars/increment-item.ts';
import { getItemTtl, getItemType, putItemTtl } from './scalars/item-ttl.ts';
import { putItem } from './scalars/put-item.ts';
import { swapItem, takeItem } from './scalars/take-item.ts';
import { getLive, getReady } from './service/health.ts';
import { getMetrics } from './service/metrics.ts';
import { getServiceIndex } from './service/service-index.ts';
import { issueToken } from './tokens/issue-token.ts';
import { getJwkSet } from './tokens/jwk-set.ts';
import { listTokens } from './tokens/list-tokens.ts';
import { refreshToken } from './tokens/refresh-token.ts';
import { revokeToken } from './tokens/revoke-token.ts';
import { rotateKeys } from './tokens/rotate-keys.ts';
import { followTopic } from './topics/follow-topic.ts';
import { followTopics } from './topics/follow-topics.ts';
import { publish } from './topics/publish.ts';
import { publishBatch } from './topics/publish-batch.ts';
import { getTopicStatistics } from './topics/topic-statistics.ts';

/** Every operation of the API, in the order of the documentation. */
export const routes: readonly Route[] = [
  getItem,
  headItem,
  putItem,
  deleteItem,
  incrementItem,
  takeItem,
  swapItem,
  getItemTtl,
  putItemTtl,
  getItemType,
  getItems,
  queryItems,
  itemsExist,
  queryItemsExist,
  setItems,
  deleteItems,
  batchItems,
  publish,
  publishBatch,
  followTopic,
  followTopics,
  getTopicStatistics,
  listCaches,
  getCache,
  createCache,
  updateCache,
  deleteCache,
  flushCache,
  issueToken,
  refreshToken,
  listTokens,
  revokeToken,
  rotateKeys,
  getJwkSet,
  getFleet,
  getFleetPlan,
  listFleetEvents,
  drainNode,
  addNode,
  removeNode,
  rebalanceFleet,
  getLive,
  getReady,
  getMetrics,
  getServiceIndex,
  getOpenApi,
  getDocs,
  getErrorsPage,
  getDocsFile,
];
