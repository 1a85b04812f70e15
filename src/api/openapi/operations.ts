import { byStatus, problemsOf } from '../problems.ts';
import type { Representation, ResponseShape, Route } from '../routes/route.ts';
import { requestIdHeader, traceparentHeader } from './common-parameters.ts';
import type { Components, Part } from './components.ts';
import type { Direction } from './schemas.ts';

/**
 * The path items of routes. OpenAPI 3.1 has no `query` operation, which 3.2 adds: a QUERY route is written as
 * `x-query`, an operation object like any other, so that the step to 3.2 is to rename it.
 */
export function pathItems(routes: readonly Route[], components: Components): Record<string, Part> {
  const items: Record<string, Part> = {};
  for (const route of routes) {
    const method = route.method === 'QUERY' ? 'x-query' : route.method.toLowerCase();
    const item = items[route.path] ?? {};
    items[route.path] = item;
    if (method in item) throw new Error(`Two routes have ${route.method} ${route.path}.`);
    item[method] = operation(route, components);
  }
  return items;
}

function operation(route: Route, components: Components): Part {
  const parameters = [...route.parameters, requestIdHeader, traceparentHeader];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    ...(route.access === 'public' ? { security: [] } : {}),
    parameters: parameters.map((parameter) => components.parameter(parameter)),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            description: `${route.body.description} At most ${route.body.limitBytes.toLocaleString('en-US')} bytes.`,
            required: route.body.required,
            content: content(route.body, 'input', components),
          },
        }),
    responses: responses(route, components),
  };
}

function responses(route: Route, components: Components): Part {
  const answers: Record<string, Part> = {};
  for (const [status, shape] of Object.entries(route.responses)) answers[status] = success(shape, components);
  for (const [status, codes] of byStatus(problemsOf(route))) answers[status] = components.problem(codes);
  return answers;
}

function success(shape: ResponseShape, components: Components): Part {
  const compressible = shape.body === undefined || shape.body.schema === 'bytes' ? [] : ['Content-Encoding'];
  return {
    description: shape.description,
    headers: components.headers([...(shape.headers ?? []), ...compressible]),
    ...(shape.body === undefined ? {} : { content: contents(shape.body, shape.alternatives, components) }),
  };
}

function contents(body: Representation, alternatives: readonly Representation[] = [], components: Components): Part {
  return Object.assign({}, ...[body, ...alternatives].map((one) => content(one, 'output', components)));
}

function content({ contentTypes, schema }: Representation, direction: Direction, components: Components): Part {
  const written =
    schema === 'bytes'
      ? { type: 'string', format: 'binary' }
      : schema === 'text'
        ? { type: 'string' }
        : components.schemas.of(schema, direction);
  return Object.fromEntries(contentTypes.map((type) => [type, { schema: written }]));
}
