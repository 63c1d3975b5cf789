/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'terminal',
  bits: ['terminals'],
  rows: [
    {
      what: 'modes of terminals (termios), their foreground',
      becomes: 'put back; not where somebody else has the terminal since: named',
      more:
        'Only a program that was in the foreground at the point, and is now, has its modes put ' +
        'back. A session’s leader, as a shell, takes the foreground back, and the job that had ' +
        'it is sent SIGTTIN. Of a pseudo-terminal of which the program has the master alone, ' +
        'they are put back where nobody has the other end.',
    },
    {
      what: 'packet mode and lock of pseudo-terminals, by their masters (TIOCPKT, TIOCSPTLCK)',
      becomes: 'put back',
    },
    { what: 'what was typed and not read; the size of the window', becomes: 'stay' },
  ],
};
