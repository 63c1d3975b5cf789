/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'open files',
  bits: ['descriptors', 'locks'],
  rows: [
    {
      what: 'offsets and flags of open files',
      becomes: 'put back; where others write, too, and of standard output, it goes on',
    },
    { what: 'descriptors opened since', becomes: 'closed' },
    {
      what: 'files, directories, memfds closed since',
      becomes:
        'opened again with offset and flags, also when renamed or deleted; the log names them',
      more:
        'The file is held for as long as a point has it, and not the open file: no lock, ' +
        'lease or peer notices. What is opened again is an open file of its own, also where ' +
        'another process still has the former one. Of deleted files that the program has ' +
        'closed since, 64 MiB are held. Files on mounts that somebody may want to unmount, ' +
        'and files that the program watches for their deletion, are opened by their path, ' +
        'and only if they are still there. Files that the program may not have any more (it ' +
        'has dropped rights since) are hung up.',
    },
    {
      what: 'the terminal, closed since',
      becomes: 'opened again by its path, or else as the next line says',
    },
    {
      what: 'eventfds, timerfds, signalfds, inotify, pidfds, epoll sets closed since',
      becomes: 'made anew, as they were; one that another process still has is named',
    },
    {
      what: 'pipes and FIFOs closed since, of which the program had both ends',
      becomes: 'the same pipes again, one end or both; the log names them',
      more:
        'The pipe is held, and none of its ends: who reads it sees its end as ever. Of an end ' +
        'that was opened again F_GETFL tells O_LARGEFILE, as of all that open(2) opens. It is ' +
        'an open file of its own, also where another process still has the former one.',
    },
    {
      what: 'pairs of Unix sockets of which an end was closed since',
      becomes: 'a new pair in the place of both, with what was in it; the log names it',
      more:
        'It has the options that were asked for at the point, and other inodes. Not where ' +
        'another process has an end, where one end has an address (also one that the kernel ' +
        'has given it, for SO_PASSCRED), or where one way was shut down at the point: then what ' +
        'was closed is hung up.',
    },
    {
      what: 'other sockets, pipes to others, and the like closed since',
      becomes: "hung up: end of file, EPIPE; never somebody else's; the log names it",
    },
    {
      what: 'descriptors of a thread with a table of its own',
      becomes: '**not** put back: named (`unshare(CLONE_FILES)`)',
    },
    {
      what: 'numbers that were redirected since',
      becomes: 'lead to their own file again, if that is still open in the program',
    },
    {
      what: 'epoll sets',
      becomes: 'watch what they watched; edges that may have been seen since come again',
      more:
        'What is watched with EPOLLET and ready is reported once more, so that nobody waits for ' +
        'what has been; one report too many does no harm. What was reported once ' +
        '(EPOLLONESHOT) and not asked for again at the point is not reported. A watch whose ' +
        'number leads elsewhere is put back where the program has the file open by another ' +
        'number, or else named.',
    },
    {
      what: 'timers that are descriptors (timerfd_create)',
      becomes: 'have as long to go as they had, and expirations not read; times of day stay',
      more:
        'A timer that another process has, too, stays as it was set since, and is named; so are ' +
        'alarms that may not be set any more (CAP_WAKE_ALARM), and unread expirations where the ' +
        'kernel has no CONFIG_CHECKPOINT_RESTORE.',
    },
    {
      what: 'an io_uring',
      becomes: 'its requests since are **not** undone: named; with liburing there is no way back',
      more:
        'The kernel counts what it has taken, and nothing sets that back: a program that counts ' +
        'along, as liburing does, would be out of step with its ring for good. That is seen ' +
        'where the library is mapped, not where it is linked in. A ring that was not used ' +
        'since goes on.',
    },
    {
      what: 'BPF maps, virtual machines, performance counters',
      becomes: '**not** put back: named',
    },
    { what: 'signals that a signalfd takes', becomes: 'as they were' },
    {
      what: 'watches of inotify',
      becomes: 'those of the point, by the same numbers; events read since are gone: named',
      more:
        'A file that is watched no more is found by its handle, which takes CAP_DAC_READ_SEARCH, ' +
        'or among what the program has open; else the watch is named. So are events that wait ' +
        'behind those that tell of the end of a watch, which are taken off. Events that waited ' +
        'at the point and were read since are gone, and named; where at least as many bytes ' +
        'wait as did, it is not known whether they are the same ones, and that is named. What ' +
        'came since waits still.',
    },
    { what: 'watches of fanotify', becomes: '**not** put back: named where they differ' },
    {
      what: 'watches of directories by dnotify (F_NOTIFY)',
      becomes: 'stay, and end with their descriptor; **not** named: the kernel does not tell',
    },
    {
      what: 'counters of eventfds',
      becomes: 'as they were; what came since stays where another process has it, too',
      more:
        'What came since stays as well in a program that uses io_uring, Linux AIO or virtual ' +
        'machines: it may stand for a request that was made before the point.',
    },
    {
      what: 'locks on files (fcntl, flock, OFD), leases',
      becomes: 'as they were; one that had to be taken again is named',
      more:
        'A lease that was to be given up at the point, since somebody opened the file, stays so; ' +
        'where it is gone by now that is named. One that has been taken and is to be given up ' +
        'since is given up.',
    },
    {
      what: 'who is signalled by a descriptor (F_SETOWN, F_SETSIG, O_ASYNC)',
      becomes: 'as it was, where O_ASYNC or a lease is set',
      more:
        'Nothing tells of an owner but asking for it, so it is asked of those where it ' +
        'matters at any moment. An owner that is set for urgent data alone (SIGURG) stays ' +
        'as it is.',
    },
  ],
};
