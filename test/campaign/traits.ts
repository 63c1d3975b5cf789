/** What is drawn for a whole life: how the target lives, and what belay is told when it starts. */
import type { Draws } from './random.ts';

export interface Traits {
  /** Worker threads. */
  threads: number;
  /** It stops itself with SIGSTOP at each point. */
  stops: boolean;
  /** Milliseconds between the points that belay makes by itself; 0: none. */
  every: number;
  /** A handler of the target's own has the first try at falls on such points, and never copes. */
  auto: boolean;
  /** People look on: now and then they rewind it from outside. */
  watched: boolean;
  /** Some of its falls come when limits are lowered and rights are dropped. */
  hard: boolean;
  /** At some of these belay is refused what it acquires. */
  refusing: boolean;
  /** It lives in a seccomp filter of its own. */
  confined: boolean;
  /** Its children stop and go on, and so does it, from outside. */
  jobs: boolean;
  /** Threads of it vfork again and again. */
  stormy: boolean;
  /** Its mappings have attributes that /proc/PID/maps does not show. */
  attributes: boolean;
  /** Threads of it are in restartable sequences. */
  sections: boolean;
  /** It makes random system calls, and all that the kernel knows of it is compared. */
  calls: boolean;
}

/** Far more falls on one point than the default allows: that policy is tested elsewhere. */
const RETRIES = 1_000_000;
/** Where a clock makes points: so often it goes back to just before its fall, then further back. */
const RETRIES_EVERY = 12;
const SIGNALS = 'SEGV,BUS,ILL,FPE,ABRT,SYS,TRAP';

export interface Circumstances {
  readonly threads?: number | undefined;
  /** Who is not makes no points in a filter of his own. */
  readonly privileged: boolean;
  /** Also storms of vfork, and handlers that have the first try at a fault. */
  readonly unruly?: boolean | undefined;
  readonly calls?: boolean | undefined;
}

export function drawTraits(draws: Draws, circumstances: Circumstances): Traits {
  const { threads, privileged, unruly = false, calls = false } = circumstances;
  const drawn = draws.below(5);
  const clocked = draws.chance(3);
  const every = clocked ? ([1, 1, 2, 5][draws.below(4)] ?? 1) : 0;
  const hard = !clocked && draws.chance(2);
  const jobs = draws.chance(5);
  const attributes = draws.chance(3);
  const stops = draws.chance(2);
  const auto = draws.chance(2);
  const watched = draws.chance(2);
  const refusing = draws.chance(2);
  // Its own filter would know none of the random calls.
  const confined = draws.chance(5) && privileged && !calls;
  const stormy = draws.chance(5) && unruly;
  const sections = draws.chance(4);
  return {
    threads: threads ?? drawn,
    // A point of the clock's may be one of a stopped process, which is not stopped any more then.
    // And calls that a stop broke off go on as restart_syscall, which its filter forbids.
    stops: stops && !clocked && !jobs && !confined,
    every,
    auto: auto && unruly,
    watched: watched || clocked || hard || attributes,
    hard,
    refusing: hard && refusing,
    confined,
    jobs,
    // The ignored signals of its children end calls now and then, as the documents say.
    stormy,
    attributes,
    sections,
    calls,
  };
}

const WORDS = ['confined', 'jobs', 'stormy', 'attributes', 'sections', 'calls'] as const;

export function describeTraits(traits: Traits): string {
  const words = [`${traits.threads} threads`];
  if (traits.stops) words.push('stopping itself');
  if (traits.every > 0) words.push(`--every ${traits.every}${traits.auto ? ' --on auto' : ''}`);
  else if (traits.watched) words.push('rewound from outside');
  if (traits.hard) words.push(`hard times${traits.refusing ? ' for belay, too' : ''}`);
  for (const word of WORDS) if (traits[word]) words.push(word);
  return words.join(', ');
}

/** The options of `belay run`. */
export function runOptions({ every, auto }: Traits): string[] {
  if (every === 0) return ['--retries', String(RETRIES)];
  const on = auto ? [] : ['--on', SIGNALS];
  return ['--retries', String(RETRIES_EVERY), ...on, '--every', String(every)];
}

/** The target's own word for how it is to live. */
export function targetMode(traits: Traits): string {
  const { every, ...ways } = traits;
  const { auto: _auto, watched: _watched, refusing: _refusing, threads: _threads, ...own } = ways;
  const words = { ...own, every: every > 0 };
  const drawn = Object.entries(words).filter(([, isDrawn]) => isDrawn);
  return ['belay', ...drawn.map(([word]) => word)].join(',');
}
