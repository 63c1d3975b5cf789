/**
 * Mappings that cannot become again what they were by a change of their protection: their file was
 * opened for less since, or the program has forbidden itself to make memory executable
 * (PR_SET_MDWE). Mapped anew they can be it, but for memory that is to be written and executed.
 *
 * Source: PR_SET_MDWE(2const); include/linux/mman.h, map_deny_write_exec; mm/mprotect.c.
 */
import { readFileSync } from 'node:fs';
import { READ_IMPLIES_EXEC } from '../../sys/personality.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import type { MappingStep } from '../../points/plan-mappings.ts';
import { findMapping, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { PR_GET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN } from '../../sys/prctl.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

/** Whether the program may not make memory executable: asked only where that matters. */
export function refusesExecutable(wanted: Iterable<Mapping>, remote: RemoteSource): boolean {
  for (const { executable } of wanted) {
    if (!executable) continue;
    const set = remote().calls.call(SYS.prctl, PR_GET_MDWE, 0, 0, 0, 0);
    return set > 0 && (set & PR_MDWE_REFUSE_EXEC_GAIN) !== 0;
  }
  return false;
}

/** Ranges whose steps ask for a protection that what is there now cannot get. */
export function findRigid(
  steps: readonly MappingStep[],
  now: readonly Mapping[],
  attributes: readonly AttributeRange[],
  isExecRefused: boolean,
): Range[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'protect') return [];
    const { start, end, mapping } = step;
    const gainsExec = mapping.executable && findMapping(now, start)?.executable !== true;
    const isRefused = isExecRefused && (gainsExec || (mapping.executable && mapping.writable));
    const isRigid = attributes.some((range) => {
      return range.start < end && range.end > start && !allows(range, mapping);
    });
    return isRefused || isRigid ? [{ start, end }] : [];
  });
}

/** By the flags of the kernel's that tell what a mapping may become. */
function allows({ flags }: AttributeRange, mapping: Mapping): boolean {
  return (
    (!mapping.readable || flags.has('mr')) &&
    (!mapping.writable || flags.has('mw')) &&
    (!mapping.executable || flags.has('me'))
  );
}

/** Under personality(READ_IMPLIES_EXEC) what is mapped readable becomes executable as well. */
export function hasReadImpliesExec(pid: number): boolean {
  const flags = Number.parseInt(readFileSync(`/proc/${pid}/personality`, 'latin1'), 16);
  return (flags & READ_IMPLIES_EXEC) !== 0;
}
