/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'timers',
  bits: ['timers'],
  rows: [
    {
      what: 'timers (alarm, setitimer, timer_create)',
      becomes: 'have as much time left as at the point; else named as "not known"',
      more:
        'Those set to a time of day (TIMER_ABSTIME), too: the kernel does not tell which are. ' +
        'How often one has overrun (timer_getoverrun) is 0 afterwards; what it had sent at the ' +
        'point waits again, and what it has sent since does not. Where rollbacks come many in a ' +
        'row, an ITIMER_VIRTUAL or ITIMER_PROF for whose signal the program has no handler, set ' +
        'since for the first time, can run on for some milliseconds before it is stopped.',
    },
    {
      what: 'timers made since / deleted since',
      becomes: 'deleted / made again with their own id (from Linux 6.15; else named)',
    },
  ],
};
