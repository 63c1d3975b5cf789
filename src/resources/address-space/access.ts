/**
 * How the file behind a mapping was opened: a shared mapping of one that was opened for reading can
 * never be made writable.
 *
 * Where that is not known, reading it is: a mapping gets back no more than it had.
 */
import type { Mapping } from '../../procfs/maps.ts';
import { findAttributes, type Attributes } from './attributes.ts';

export type Access = 'read' | 'write';

export function accessOf(mapping: Mapping, attributes: Attributes): Access {
  if (!mapping.shared) return 'read';
  if (mapping.writable) return 'write';
  return readFlag(mapping, attributes) === true ? 'write' : 'read';
}

/** Nobody knows whether the program could have made it writable. */
export function isAccessUnknown(mapping: Mapping, attributes: Attributes): boolean {
  const isOpen = mapping.shared && !mapping.writable;
  return isOpen && readFlag(mapping, attributes) === undefined;
}

/** Older readings are no good: another mapping may have been there. */
function readFlag({ start }: Mapping, { ranges, isExact }: Attributes): boolean | undefined {
  return isExact ? findAttributes(ranges, start)?.flags.has('mw') : undefined;
}
