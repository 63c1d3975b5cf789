/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'signals',
  bits: ['signals'],
  rows: [
    { what: 'which signals are ignored, caught, default', becomes: 'put back' },
    {
      what: 'flags of signals without a handler (SA_NOCLDWAIT, SA_NOCLDSTOP)',
      becomes: 'stay as they are; **not** named',
      more: 'Only the program itself can be asked for them, and hardly any sets them.',
    },
    {
      what: 'handlers of signals, alternate signal stacks',
      becomes: 'exact where they were asked for; else named as "not known"',
    },
    {
      what: 'signals that waited, blocked or on their way',
      becomes: 'wait again in their order; what others sent since stays, its own is gone',
      more:
        'Its own are those that it sent itself, those of its timers, and those of input and ' +
        'output that it has asked for since (O_ASYNC).',
    },
  ],
};
