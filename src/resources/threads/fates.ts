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
      more:
        'Of a time limit is left what was left at the point, as far as that is known: how long a ' +
        'call had waited when it was first stopped, as by a point, nothing tells. So it lasts ' +
        'longer by that, and never less than it was told to.',
    },
    {
      what: 'policy, nice value, processors, I/O priority, timer slack of threads',
      becomes: 'put back; what takes privilege to take back, and is refused, is named',
      more:
        'They are looked at at the first points, and then seldom: where they were changed just ' +
        'before a point and are others at a rollback, they are as at the look before, and that ' +
        'is named. Timer slack is seen by root alone, and else stays.',
    },
    {
      what: 'tid address, LDT',
      becomes: 'of threads: **not** put back, but for those that are begun again',
    },
    {
      what: 'a thread that has ended, and was somebody else',
      becomes: 'no way back: its users, directories, namespaces are not made again',
    },
  ],
};
