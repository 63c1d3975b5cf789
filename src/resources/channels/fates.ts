/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'pipes and sockets',
  bits: ['contents'],
  rows: [
    {
      what: 'bytes in pipes and sockets within the program',
      becomes: 'exact, with packets, descriptors in flight, credentials and sizes',
      more:
        'Pipes, FIFOs and Unix sockets that are connected to each other. Within the program are ' +
        'those whose both ends it has and, as far as can be seen, nobody ' +
        'else: its children and theirs are looked at, and what it may have inherited is looked ' +
        'for among its ancestors and their other children. More than 16 MiB in all, urgent data ' +
        '(MSG_OOB), and what is in sockets of another network namespace than belay’s are not ' +
        'put back, and named; so is what was in a pair of which one way was shut down since. ' +
        'It comes back as well where ends were closed since; of sockets whose other end is hung ' +
        'up what is not as it was is named. A pipe that the program reads, and to which nobody ' +
        'could write any more at the point, is the program’s alone, too.',
    },
    {
      what: 'bytes in pipes and sockets to others',
      becomes: '**not** undone: what left is gone; of pipes that is named',
      more:
        '`belay show` names such pipes beforehand, but for what the program’s parent has by the ' +
        'same number. Standard input, output and error are not named at all: they are the ' +
        'caller’s, mostly.',
    },
  ],
};
