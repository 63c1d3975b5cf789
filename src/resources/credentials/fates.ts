/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'rights',
  bits: ['privileges'],
  rows: [
    {
      what: 'users, groups, capabilities, no_new_privs',
      becomes: 'stay, and are named; what became root since does not go back',
    },
  ],
};
