/** What came of stopping a process; unless it is held, it is to be let go. */
export type HoldOutcome =
  | 'held'
  /** It has ended meanwhile. */
  | 'ended'
  /** It has begun another program meanwhile. */
  | 'execed'
  /** A thread is in vfork(2), and cannot stop until its child execs or ends. */
  | 'in-vfork'
  /** A thread does not stop within the time that is waited for it. */
  | 'stuck';

export type NotHeld = Exclude<HoldOutcome, 'held'>;
