import { invalidArgument } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Version, VersionList } from '../../shared/operation.ts';

/** The strong entity tag of a version (RFC 9110 §8.8.3): data epoch and sequence number. */
export function entityTag(version: Version): string {
  return `"${version.dataEpoch}-${version.sequence}"`;
}

/** One member of a list and what follows it (RFC 9110 §8.8.3: `W/`, then any characters but `"` and controls). */
const member = /^[ \t]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(,|$)/;
const ours = /^(\d{1,10})-(\d{1,15})$/;

/**
 * The versions that an `If-Match` (strong comparison) or `If-None-Match` (weak comparison) names. A tag that
 * this server never gave out can match nothing and is left out. Raises `invalid_argument` for what is no list.
 */
export function parseEntityTags(header: string, comparison: 'strong' | 'weak'): VersionList {
  if (header.trim() === '*') return '*';
  const versions: Version[] = [];
  let rest = header;
  let count = 0;
  while (rest.trim() !== '') {
    const found = member.exec(rest);
    if (found === null) throw invalidArgument('If-Match and If-None-Match take * or a list of entity tags.');
    if (++count > limits.etagsPerConditionMax)
      throw invalidArgument('A list of entity tags is too long.', {
        limit: limits.etagsPerConditionMax,
        actual: 'more',
      });
    rest = rest.slice(found[0].length);
    const parts = ours.exec(found[2]!);
    if (parts === null || (found[1] !== undefined && comparison === 'strong')) continue;
    versions.push({ dataEpoch: Number(parts[1]), sequence: Number(parts[2]) });
  }
  if (count === 0) throw invalidArgument('If-Match and If-None-Match take * or a list of entity tags.');
  return versions;
}

export function includesVersion(list: VersionList, version: Version): boolean {
  if (list === '*') return true;
  return list.some((one) => one.dataEpoch === version.dataEpoch && one.sequence === version.sequence);
}
