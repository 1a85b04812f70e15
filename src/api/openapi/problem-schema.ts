import { z } from 'zod';
import { type ErrorCode, errorKinds } from '../../shared/errors.ts';

const numberOrText = z.union([z.number(), z.string()]);

/** A problem document (RFC 9457 §3) with its extension members. */
export const problemSchema = z
  .strictObject({
    type: z
      .string()
      .meta({ format: 'uri-reference', description: 'Where the code is explained, relative to the server.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong with this request.' }),
    code: z
      .enum(Object.keys(errorKinds) as ErrorCode[])
      .meta({ id: 'ErrorCode', description: 'Stable; made for programs.' }),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
    limit: numberOrText.optional().meta({ description: 'The limit that the request went over.' }),
    actual: numberOrText.optional().meta({ description: 'What the request had against the limit.' }),
    etag: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'With `precondition_failed`: the entity tag of what is there, null when nothing is.' }),
    outcome: z
      .literal('unknown')
      .optional()
      .meta({ description: 'With `outcome_unknown`: the write may or may not have happened.' }),
  })
  .meta({ id: 'Problem', description: 'A refusal, as RFC 9457 problem details.' });
