/** What a rollback maps again, and what of it does not come back as it was. */
import type { MappingStep } from '../../points/plan-mappings.ts';
import type { Mapping, Range } from '../../procfs/maps.ts';
import type { Named } from '../resource.ts';
import { isAccessUnknown } from './access.ts';
import { findAttributes, type Attributes } from './attributes.ts';
import { nameLoss } from './mend-attributes.ts';

const READ_ONLY = 'is mapped again for reading only: whether it was for more is not known';
const UNACCOUNTED = 'it was writable once, and does not count as such any more: PR_SET_MDWE';

/** Mappings that are missing, or of which parts are made anew and may have other pages. */
export function findMissing(
  wanted: readonly Mapping[],
  anew: readonly Range[],
  steps: readonly MappingStep[],
): Set<Mapping> {
  const missing = new Set<Mapping>();
  for (const step of steps) if (step.kind === 'map') missing.add(step.mapping);
  for (const mapping of wanted) if (overlaps(mapping, anew)) missing.add(mapping);
  return missing;
}

/** What was mapped again in `ranges` for less than it was, for want of knowing or being able. */
export function nameDiminished(
  wanted: readonly Mapping[],
  attributes: Attributes,
  ranges: readonly Range[],
  isExecRefused: boolean,
): Named[] {
  return wanted.flatMap((mapping) => {
    if (!overlaps(mapping, ranges)) return [];
    const flags = findAttributes(attributes.ranges, mapping.start)?.flags;
    const isUnaccounted = isExecRefused && isAccounted(mapping, flags) && mapping.executable;
    return [
      ...(isAccessUnknown(mapping, attributes)
        ? [nameLoss(mapping, `${mapping.path} ${READ_ONLY}`)]
        : []),
      ...(isUnaccounted ? [nameLoss(mapping, UNACCOUNTED)] : []),
    ];
  });
}

/** Memory that was writable once counts as such; else it would not join its neighbours. */
export function isAccounted(mapping: Mapping, flags: ReadonlySet<string> | undefined): boolean {
  return !mapping.shared && !mapping.writable && flags?.has('ac') === true;
}

function overlaps({ start, end }: Range, ranges: readonly Range[]): boolean {
  return ranges.some((range) => range.start < end && range.end > start);
}
