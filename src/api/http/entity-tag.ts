import { invalidArgument } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Version, VersionList } from '../../shared/operation.ts';

/** The strong entity tag of a version (RFC 9110 §8.8.3): data epoch and sequence number. */
export function entityTag(version: Version): string {
  return `"${version.dataEpoch}-${version.sequence}"`;
}

/**
 * One member of a list and what stands around it: empty members are passed over (RFC 9110 §5.6.1.2), and a tag is
 * `W/` and any characters but `"` and controls (§8.8.3).
 */
const member = /^[ \t,]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(,|$)/;
/** A tag as `entityTag` writes it; leading zeros make another tag (comparison is by character). */
const ours = /^(0|[1-9]\d{0,9})-(0|[1-9]\d{0,14})$/;
const dataEpochMax = 2 ** 32 - 1;
const sequenceMax = 2 ** 48 - 1;

/**
 * The versions that an `If-Match` (strong comparison) or `If-None-Match` (weak comparison) names. A tag that
 * this server never gave out can match nothing and is left out. Raises `invalid_argument` for what is no list.
 */
export function parseEntityTags(header: string, comparison: 'strong' | 'weak'): VersionList {
  if (header.trim() === '*') return '*';
  const versions: Version[] = [];
  let rest = header;
  let count = 0;
  while (/[^ \t,]/.test(rest)) {
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
    const version = { dataEpoch: Number(parts[1]), sequence: Number(parts[2]) };
    // Beyond these a frame would carry it cut off, as another version.
    if (version.dataEpoch <= dataEpochMax && version.sequence <= sequenceMax) versions.push(version);
  }
  if (count === 0) throw invalidArgument('If-Match and If-None-Match take * or a list of entity tags.');
  return versions;
}

export function includesVersion(list: VersionList, version: Version): boolean {
  if (list === '*') return true;
  return list.some((one) => one.dataEpoch === version.dataEpoch && one.sequence === version.sequence);
}
