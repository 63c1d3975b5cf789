/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'rights',
  bits: ['privileges'],
  rows: [
    {
      what: 'users, groups, capabilities that the program may take up again',
      becomes: 'put back, in every thread; what became root since does not go back',
      more:
        'By ids that it has kept (seteuid(2)) and capabilities that it is still permitted. All ' +
        'of it goes back, in all threads, or nothing does.',
    },
    {
      what: 'users, groups, capabilities dropped for good; no_new_privs',
      becomes: 'stay, and are named',
    },
    {
      what: 'Landlock domains entered since',
      becomes: 'stay, **not** named: the kernel does not tell',
      more:
        'A file that could be opened at the point may be refused afterwards. A program that ' +
        'shuts itself in makes its point after that.',
    },
  ],
};
