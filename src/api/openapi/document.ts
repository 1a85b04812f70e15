import { stringify } from 'yaml';
import { errorKinds } from '../../shared/errors.ts';
import { problemsOfNoOperation } from '../problems.ts';
import { routes } from '../routes/index.ts';
import type { Route } from '../routes/route.ts';
import { Components, type Part } from './components.ts';
import { pathItems } from './operations.ts';
import { tagDescriptions } from './tags.ts';

/** The OpenAPI 3.1 document of the API, generated from its routes. The same routes give the same document. */
export function openApiDocument(version: string, of: readonly Route[] = routes): Part {
  const components = new Components();
  const paths = pathItems(of, components);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Godwit',
      version,
      summary: 'A serverless cache that anyone can run.',
      description: description(),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8080', description: 'The default of `npm start`.' }],
    security: [{ bearerToken: [] }, { tokenParameter: [] }],
    tags: tagsOf(of),
    paths,
    components: { securitySchemes, ...components.toObject() },
  };
}

/** The document as the text of `openapi.yaml`. */
export function openApiText(version: string): string {
  const head = '# Generated from the routes in src/api/routes by scripts/generate-openapi.ts; a test refuses drift.\n';
  return head + stringify(openApiDocument(version), { lineWidth: 0, aliasDuplicateObjects: false });
}

const securitySchemes = {
  bearerToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token (RFC 9068) as `Authorization: Bearer <token>`. The token alone, without a scheme, is taken too, as Momento’s clients send it.',
  },
  tokenParameter: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description:
      'The same token as a query parameter, for clients that cannot set headers. URLs end up in logs and histories: prefer the header. Both at once are refused.',
  },
};

function description(): string {
  const elsewhere = problemsOfNoOperation.map((code) => `${errorKinds[code].status} \`${code}\``).join(', ');
  return [
    'Values are bytes: they are sent and answered as they are, and never altered. Batches carry bytes as `{"text": …}` or `{"base64": …}` in JSON, or as byte strings in CBOR.',
    'Refusals are problem documents (RFC 9457) with a stable `code`; `/docs/errors` explains each.',
    `Requests that come to no operation are answered ${elsewhere}. Every path answers OPTIONS with the methods that it has.`,
    'The method QUERY (RFC 10008) is described under `x-query`, since OpenAPI has a place for it only from 3.2 on.',
  ].join('\n\n');
}

/** The tags in use, in the order of the routes. */
function tagsOf(of: readonly Route[]): Part[] {
  return [...new Set(of.map((route) => route.tag))].map((name) => {
    const description = tagDescriptions[name];
    if (description === undefined) throw new Error(`The tag ${name} has no description in tags.ts.`);
    return { name, description };
  });
}
