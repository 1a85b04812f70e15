import { z } from 'zod';

/** JSON Schema of draft 2020-12, which OpenAPI 3.1 takes as it is. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a schema describes: what a client sends, or what the server answers. Defaults make the two differ. */
export type Direction = 'input' | 'output';

const componentPrefix = '#/components/schemas/';

/** The JSON Schemas of one document: those with an id are components, named once and pointed at elsewhere. */
export class Schemas {
  readonly #components = new Map<string, JsonSchema>();

  /** The schema, or a reference to it. Throws when two different schemas have one id. */
  of(schema: z.ZodType, direction: Direction): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema, { io: direction, override: plainer }) as JsonSchema & {
      $defs?: Record<string, JsonSchema>;
    };
    for (const [id, definition] of Object.entries($defs))
      this.#add(id, withComponentReferences(definition) as JsonSchema);
    return withComponentReferences(own) as JsonSchema;
  }

  /** The components so far, by name. */
  get components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #add(id: string, schema: JsonSchema): void {
    const known = this.#components.get(id);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`The schemas of id ${id} differ; give them ids of their own.`);
    this.#components.set(id, schema);
  }
}

/** Leaves out the bounds of an integer that are only those of a double. */
function plainer({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function withComponentReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withComponentReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) =>
      name === '$ref' && typeof inner === 'string'
        ? [name, inner.replace('#/$defs/', componentPrefix)]
        : [name, withComponentReferences(inner)],
    ),
  );
}
