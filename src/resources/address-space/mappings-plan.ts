/** What is to be done to the mappings of a process, and what has been done. */
import type { Range } from '../../procfs/maps.ts';
import type { Named } from '../resource.ts';
import type { Attributes } from './attributes.ts';
import type { ClaimedFiles } from './claimed-files.ts';
import type { MappingTable } from './mapping-table.ts';

/** What `prepare` has found: nothing to do as of `generation`, or files open in the program. */
export interface MappingsPlan {
  readonly wanted: MappingTable;
  readonly attributes: Attributes;
  readonly isDone: boolean;
  readonly generation: number;
  readonly files: ClaimedFiles;
  /** Ranges whose attributes or protection no call can change. */
  readonly irreparable: readonly Range[];
  /** Where something will not stay mapped all the time, or not be writable. */
  readonly touched: readonly Range[];
  /** Nothing may become executable: PR_SET_MDWE. */
  readonly isExecRefused: boolean;
  /** Mappings with pages that the kernel may take until they are written again. */
  readonly freed: readonly Range[];
  /** What cannot be known of those that are not changed. */
  readonly unsure: readonly Named[];
  /** What is known to be otherwise, and stays so. */
  readonly named: readonly Named[];
}

/** Ranges mapped anew, whose pages must all be written back; undefined: there was nothing to do. */
export interface MappingsApplied {
  readonly renewed: readonly Range[] | undefined;
  readonly lost: readonly Named[];
}
