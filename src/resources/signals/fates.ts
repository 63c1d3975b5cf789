/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'signals',
  bits: ['signals'],
  rows: [
    { what: 'which signals are ignored, caught, default', becomes: 'put back' },
    {
      what: 'handlers of signals, alternate signal stacks',
      becomes: 'exact where they were asked for; else named as "not known"',
    },
    {
      what: 'signals that waited, blocked or on their way',
      becomes: 'wait again in their order; what others sent since stays, its own is gone',
    },
  ],
};
