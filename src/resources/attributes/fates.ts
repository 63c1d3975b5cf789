/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'process',
  bits: ['attributes'],
  rows: [
    {
      what: 'working directory, umask, oom_score_adj',
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
      what: 'process group; root, session',
      becomes: 'put back where the group is there still; stay: named',
    },
  ],
};
