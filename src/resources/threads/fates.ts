/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'threads',
  bits: ['threads'],
  rows: [
    { what: 'all registers of all threads, their signal masks', becomes: 'exact' },
    {
      what: 'threads begun since / ended since',
      becomes: 'ended / begun again with their own tid, TLS, policy (needs privilege)',
    },
    {
      what: 'waits (futex, poll, sleep, read, ...)',
      becomes: 'go on; no EINTR, no early end and no short transfer by belay',
    },
    {
      what: 'priority, processors, robust list, tid address, LDT',
      becomes: 'of threads: **not** put back, but for those that are begun again',
    },
    {
      what: 'a thread that has ended, and was somebody else',
      becomes: 'no way back: its users, directories, namespaces are not made again',
    },
  ],
};
