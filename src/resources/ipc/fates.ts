/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'semaphores and message queues',
  bits: ['shared'],
  rows: [
    {
      what: 'System V semaphores: values',
      becomes: 'put back, where nobody else operated last; what SEM_UNDO would undo is forgotten',
      more:
        'The kernel tells who operated last on each semaphore, and nothing of others that may. ' +
        'What SEM_UNDO would take back when a process ends it tells nobody, and forgets it when ' +
        'a value is set: so a set that was put back is named. Sets that were removed or made ' +
        'since stay so, and are named.',
    },
    {
      what: 'System V message queues: messages and their order',
      becomes: 'put back, where nobody else sent or received last; else named',
    },
    {
      what: 'System V: owner, mode, room of a queue (IPC_SET)',
      becomes: 'put back, where nobody else used it last, and the program may; else named',
      more:
        'Of segments of shared memory, too. The program sets them itself, as their creator or ' +
        'owner. A queue that it has neither sent to nor received from is none of its own.',
    },
    {
      what: 'POSIX message queues: messages',
      becomes: '**not** put back: named',
      more: 'What is in such a queue can only be received, and a point only looks.',
    },
  ],
};
