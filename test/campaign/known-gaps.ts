/**
 * What a rollback does not put back at present, as the README says: such a difference is counted,
 * and none of belay's faults. A line goes when its work is done: then the campaign finds it.
 *
 * The name is that of the entry (kernel-state.ts), with what differs behind it; to the first space.
 */
const RARELY = 'not known where it was not asked for, and then not always named';

export const KNOWN_GAPS: Readonly<Record<string, string>> = {
  // Signals.
  'pending.sigio': 'what others sent since stays, and it is the kernel that sends this',
  'told.no-handler': 'flags and mask of what has no handler are not asked for',
  // Descriptors, where neither O_ASYNC nor a lease is set.
  owner: 'F_SETOWN is not put back',
  'owner-signal': 'F_SETSIG is not put back',
  // Sockets whose other end was closed since: the pair is made anew, or that end is hung up.
  'file.unix-socket': 'a pair that is made anew has other inodes',
  // Pipes of which the program had one end alone.
  'pipe.size': 'how much fits into a pipe that others have an end of stays as it is',
  'fifo.pipe.content': 'of a FIFO that it reads, and cannot write to: it is named in the log',
  'fifo.pipe.packets': 'the same',
  'fifo.pipe.size': 'the same',
  'fifo.readiness.pipe': 'the same; and that somebody could write to it once shows for good',
  'resized.readiness.pipe': 'more, or less, fits into it than did',
  // System V.
  'told.semaphores.made': 'what was made since stays',
  'told.queue.made': 'what was made since stays',
  // Sockets of the machine.
  'socket.option': 'not put back: time stamps, congestion control',
  'readiness.socket': 'what was sent is sent, and what was received is received',
  // Terminals.
  'terminal.size': 'stays as it is',
  'readiness.terminal': 'what was typed stays',
  // Attributes that are asked for at some points alone.
  'thread.Cpus_allowed': RARELY,
  'thread.nice': RARELY,
  'thread.priority': RARELY,
  'thread.policy': RARELY,
  'process.timerslack_ns': RARELY,
  'process.personality': RARELY,
  'told.io-priority': RARELY,
  'told.timerslack': RARELY,
  'told.pdeathsig': RARELY,
  'told.subreaper': RARELY,
  'told.keepcaps': RARELY,
  'told.thp-disable': RARELY,
  'process.THP_enabled': RARELY,
};

/** The bits of struct tjmp's `lost` by which such a difference is named, by how its name begins. */
export const NAMED_BY: readonly (readonly [start: string, bits: number])[] = [
  // Its master was in flight, and was received since: where that is lost, nobody has it any more.
  ['file.terminal', 8 | 512],
  ['file.', 8],
  ['shared-with', 8],
  ['epoll.', 8],
  // A lease sets O_ASYNC, and takes it along.
  ['flags', 8 | 16],
  ['position', 8],
  ['eventfd.', 8],
  ['signalfd.', 8],
  ['inotify.', 8],
  ['fifo.', 8 | 512],
  ['readiness.', 8 | 512 | 8192],
  ['pipe.', 512],
  ['socket.type', 8],
  // Of one whose other end was closed or is another's, over which something went: it is ended.
  ['socket.content', 8 | 512 | 8192],
  ['socket.messages', 8 | 512 | 8192],
  ['socket.descriptors', 8 | 512 | 8192],
  ['fdinfo.scm_fds', 8 | 512 | 8192],
  ['timerfd.', 8],
  ['locks', 16],
  ['lease', 16],
  ['told.action', 32],
  ['process.Uid', 64],
  ['process.Cap', 64],
  ['memfd.', 4096],
  ['shared.', 4096],
  ['told.semaphores', 4096],
  ['told.queue', 4096],
  ['told.timer', 1024],
  ['told.itimer', 1024],
  ['process.timers', 1024],
  ['process.', 2048],
  ['thread.', 2048],
  ['told.pdeathsig', 2048],
  ['told.subreaper', 2048],
  ['told.keepcaps', 2048],
  ['told.thp-disable', 2048],
  ['told.timerslack', 2048],
  ['told.io-priority', 2048],
  ['socket.option', 8192],
  ['socket.address', 8 | 8192],
  ['socket.peer', 8 | 8192],
  ['socket.listens', 8 | 8192],
  ['terminal.', 256],
];
