import { z } from 'zod';
import { controlPlaneLimits } from '../../control-plane/limits.ts';
import { queryParameter } from './parameters.ts';

/** Entries per page of a list that names none. */
export const pageSizeDefault = controlPlaneLimits.listPageDefault;

const limit = queryParameter(
  'limit',
  'integer',
  z.int().min(1).max(controlPlaneLimits.listPageMax),
  `Entries in the page; ${pageSizeDefault} when not given. A page may hold fewer, even when others follow.`,
  pageSizeDefault,
);
const nextToken = queryParameter(
  'next_token',
  'string',
  z.string().min(1).max(1_024),
  'The `next_token` of the page before; left out for the first page.',
);

/** The parameters of a list that comes in pages. */
export const pageParameters = [limit, nextToken] as const;

export const nextTokenSchema = z
  .string()
  .optional()
  .meta({ description: 'Where the next page begins; absent on the last one.' });
