/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'process',
  bits: ['attributes'],
  rows: [
    {
      what: 'working directory, umask, oom_score_adj, coredump_filter',
      becomes: 'put back; a directory that was moved or deleted since is named',
      more:
        'The directory is found by its path, and is the one it was by device and inode. It is ' +
        'not held open: its file system could not be unmounted meanwhile.',
    },
    {
      what: 'limits (setrlimit)',
      becomes: 'put back; a hard one that was lowered since, where that is allowed, else named',
      more:
        'RLIMIT_CPU is left as it is, and named, where the time of the point is used up by now: ' +
        'the kernel would end the program at once.',
    },
    {
      what: 'parent-death signal, subreaper, personality and the like (prctl), memory policy',
      becomes: 'put back; what takes privilege to take back, and is refused, is named',
      more:
        'They are asked at the first points and rollbacks, and then seldom: where they were ' +
        'changed just before a point and are others at a rollback, they are as before, and ' +
        'that is named. They are those of the main thread: what another one has set for ' +
        'itself stays. A program that has become another user since is not made readable for ' +
        'that user again. The like are dumpable, keepcaps, securebits, ' +
        'PR_SET_THP_DISABLE, PR_SET_TSC, PR_MCE_KILL, PR_SET_MEMORY_MERGE and ' +
        'PR_SET_IO_FLUSHER; PR_SET_MDWE is for life, and named.',
    },
    {
      what: 'process group; root, session, cgroup, namespaces, loginuid',
      becomes: 'put back where the group is there still; the others stay: named',
      more:
        'So are the namespaces that children are to get (unshare(2) with CLONE_NEWPID or ' +
        'CLONE_NEWTIME), and the nice value of the session’s autogroup.',
    },
    {
      what: 'session keyring joined since, destination of keys (keyctl)',
      becomes: 'stay, **not** named: asking for a keyring can give the program one',
    },
  ],
};
