/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'shared memory',
  bits: ['shared'],
  rows: [
    {
      what: 'shared memory (anonymous, memfd, System V, POSIX)',
      becomes: 'content and size: exact up to 16 MiB; what others have, too, is left, and named',
      more:
        'Whoever has it mapped or open when the program goes back counts, a child that lives as ' +
        'well. Only what is used of it counts, and what is too much beside the rest is named. As ' +
        'an ordinary user belay looks into the processes of that user, and reaches memory to ' +
        'which neither a descriptor nor a name leads through its mappings: up to 64 MiB that are ' +
        'wholly mapped, where nothing is swapped out. What the program itself watches with ' +
        'inotify or fanotify is not opened, but named; who else watches it sees it opened and ' +
        'read.',
    },
    {
      what: 'owner and mode of memfds and POSIX shared memory (fchmod, fchown)',
      becomes: 'stay; **not** named',
    },
    {
      what: 'seals of memfds; names and ids of shared memory that were given or removed since',
      becomes: 'stay; what has been sealed is named',
    },
  ],
};
