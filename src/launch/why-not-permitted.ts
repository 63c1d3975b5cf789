/**
 * Why the kernel does not let us trace a process, by what anybody may read of both.
 *
 * Source: ptrace(2), "Ptrace access mode checking"; __ptrace_may_access in the kernel, whose order
 * this is; Documentation/admin-guide/LSM/Yama.rst.
 */
import type { IdSet } from '../procfs/status.ts';

/** What decides, of the process or of us. */
export interface Standing {
  readonly uid: IdSet;
  readonly gid: IdSet;
  /** Bit n is capability n. */
  readonly permitted: bigint;
}

export interface Target extends Standing {
  /** Whom its files in /proc belong to: the first user of all if it is not dumpable. */
  readonly owner: number;
}

export interface Forbidden {
  readonly why: string;
  readonly hint: string;
}

const AS_ROOT = 'attach as root';
/** Of root in a container, say. */
const WITH_CAPABILITY = 'that takes CAP_SYS_PTRACE, which you have not';
/** Yama: only descendants; only with CAP_SYS_PTRACE; nobody. */
const YAMA_HINTS = [
  '',
  'attach as root, or have the program call prctl(PR_SET_PTRACER)',
  AS_ROOT,
  'until this machine starts again nobody can trace a process',
];

/** @param yama kernel.yama.ptrace_scope, 0 where there is none */
export function whyNotPermitted(us: Standing, target: Target, yama: number): Forbidden {
  const { why, hint } = whyForbidden(us, target, yama);
  return { why, hint: us.uid.effective === 0 && yama < 3 ? WITH_CAPABILITY : hint };
}

function whyForbidden(us: Standing, target: Target, yama: number): Forbidden {
  const { uid, gid, owner } = target;
  const user = us.uid.effective;
  const group = us.gid.effective;
  if (!idsOf(uid).includes(user)) {
    const hint = 'attach as that user, or as root; see belay doctor';
    return { why: `it belongs to user ${uid.effective}, and you are ${user}`, hint };
  }
  const otherUser = idsOf(uid).find((id) => id !== user);
  if (otherUser !== undefined) {
    return { why: `it has the rights of user ${otherUser}, too (set-user-ID)`, hint: AS_ROOT };
  }
  const otherGroup = idsOf(gid).find((id) => id !== group);
  if (otherGroup !== undefined) {
    const hint = `${AS_ROOT}, or in that group where it has no other`;
    return { why: `it has the rights of group ${otherGroup}, and you have not`, hint };
  }
  if ((target.permitted & ~us.permitted) !== 0n) {
    return { why: 'it has capabilities that you have not', hint: AS_ROOT };
  }
  if (owner !== uid.effective) {
    const why =
      'it is not dumpable: it forbids that (PR_SET_DUMPABLE), or its file is not readable';
    return { why, hint: AS_ROOT };
  }
  const hint = YAMA_HINTS[yama];
  if (yama > 0 && hint !== undefined) {
    return { why: `Yama forbids it (kernel.yama.ptrace_scope is ${yama})`, hint };
  }
  return { why: 'not permitted', hint: `${AS_ROOT}; see belay doctor` };
}

function idsOf({ effective, saved, real }: IdSet): number[] {
  return [effective, saved, real];
}
