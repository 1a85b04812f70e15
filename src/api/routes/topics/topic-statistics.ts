import { topicReportsOf } from '../../../shared/frame/topic-results.ts';
import { jsonReply } from '../../http/exchange.ts';
import { cacheInPath } from '../parameters.ts';
import type { Route } from '../route.ts';
import { describeTopic, topicStatisticsSchema } from './statistics.ts';
import { topicInPath, topicOf } from './topic.ts';

export const getTopicStatistics: Route = {
  method: 'GET',
  path: '/topics/{cache}/{topic}/statistics',
  operationId: 'getTopicStatistics',
  tag: 'Topics',
  summary: 'Describe a topic',
  description:
    'Position, subscribers, kept messages and rates of a topic. One that nobody publishes to or follows is answered with zeros.',
  access: 'token',
  parameters: [cacheInPath, topicInPath],
  responses: {
    200: {
      description: 'The topic.',
      body: { contentTypes: ['application/json'], schema: topicStatisticsSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: ['cache_not_found', 'deadline_exceeded'],
  handle: async (call) => {
    const target = await topicOf(call, 'subscribe');
    const result = await call.gateway.fleet.execute({ kind: 'topic', ...target }, call.trace);
    const [report] = topicReportsOf(result);
    return jsonReply(200, describeTopic(report!), [], result.nodeMicros);
  },
};
