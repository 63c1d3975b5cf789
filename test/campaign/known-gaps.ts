/**
 * What a rollback does not put back at present, as the README says: such a difference is counted,
 * and none of belay's faults. A line goes when its work is done: then the campaign finds it.
 *
 * The name is that of the entry (kernel-state.ts), with what differs behind it.
 */
export const KNOWN_GAPS: Readonly<Record<string, string>> = {
  // Signals.
  'pending.sigio': 'what others sent since stays, and it is the kernel that sends this',
  'told.no-handler': 'flags and mask of what has no handler are not asked for',
  // Descriptors.
  owner: 'F_SETOWN is not put back',
  'owner-signal': 'F_SETSIG is not put back',
  lease: 'leases are not put back',
  'lease.lines': 'leases are not put back',
  // The process.
  'process.limit.address-space': 'limits are not put back',
  'process.limit.data-size': 'limits are not put back',
  'process.limit.stack-size': 'limits are not put back',
  'process.limit.open-files': 'limits are not put back',
  // What comes by events.
  'eventfd.count': 'what came since stays',
  'readiness.eventfd': 'what came since stays',
  'inotify.watches': 'watches are not put back',
  'timerfd.it_value': 'timers are not put back',
  'timerfd.it_interval': 'timers are not put back',
  'timerfd.settime-flags': 'timers are not put back',
};

/** The bits of struct tjmp's `lost` by which such a difference is named, by how its name begins. */
export const NAMED_BY: readonly (readonly [start: string, bits: number])[] = [
  ['file.', 8],
  ['shared-with', 8],
  ['epoll.', 8],
  ['flags', 8],
  ['position', 8],
  ['eventfd.', 8],
  ['signalfd.', 8],
  ['inotify.', 8],
  ['readiness.', 8],
  ['locks', 16],
  ['told.action', 32],
  ['process.Uid', 64],
  ['process.Cap', 64],
  ['memfd.', 4096],
  ['terminal.', 256],
];
