/**
 * Reaches the program's terminals through copies of its descriptors, which are closed at once: a
 * copy that stays would keep the other end of a pseudo-terminal waiting for its end.
 */
import { constants } from 'node:os';
import { SyscallError } from '../../errors.ts';
import { open, useAndClose, O_RDWR } from '../../sys/file.ts';
import { O_NOCTTY, O_NONBLOCK, O_PATH } from '../../sys/descriptor-flags.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { readChangeTimeNs, statKnownLink } from '../../sys/statx.ts';
import { isTerminalDevice, isTerminalMaster, readTerminalDevice } from '../../sys/termios.ts';
import type { TerminalImage } from './terminal-image.ts';

const { EBADF } = constants.errno;
const DEVICES = '/dev/';

/** What is to be known of a descriptor. */
export interface Leading {
  readonly fd: number;
  readonly kind: string;
  /** What /proc/PID/fd/N leads to. */
  readonly link: string;
}

export interface FoundTerminal {
  readonly device: number;
  readonly fd: number;
  readonly path: string;
}

/** The number of the terminal that each descriptor leads to; 0: it leads to none. */
export type KnownDevices = WeakMap<Leading, number>;

/** The terminals that the table leads to, each once, by the lowest number that leads there. */
export function findTerminals(
  tid: number,
  table: readonly Leading[],
  known: KnownDevices,
): readonly FoundTerminal[] {
  return findDevices(table, known, (fd) => readDevice(tid, fd, isTerminalDevice));
}

/** As `findTerminals`, of the masters of pseudo-terminals: by the device of the other end. */
export function findMasters(
  tid: number,
  table: readonly Leading[],
  known: KnownDevices,
): readonly FoundTerminal[] {
  return findDevices(table, known, (fd) => readDevice(tid, fd, isTerminalMaster));
}

function findDevices(
  table: readonly Leading[],
  known: KnownDevices,
  read: (fd: number) => number,
): readonly FoundTerminal[] {
  const found = new Map<number, FoundTerminal>();
  for (const image of table) {
    const { kind, link, fd } = image;
    if (kind !== 'path' || !link.startsWith(DEVICES)) continue;
    const device = known.get(image) ?? read(fd);
    known.set(image, device);
    if (device !== 0 && !found.has(device)) found.set(device, { device, fd, path: link });
  }
  return [...found.values()];
}

/** The device is looked at first: some are served by programs, and asked for nothing. */
function readDevice(tid: number, fd: number, isSought: (rdev: number) => boolean): number {
  const status = statKnownLink(`/proc/${tid}/fd/${fd}`);
  if (status === undefined || !isSought(status.rdev)) return 0;
  return withCopy(tid, fd, readTerminalDevice) ?? 0;
}

/**
 * What `work` makes of a copy of the descriptor; undefined: there is no such descriptor.
 *
 * @throws SyscallError where we have no number or no right for one
 */
export function withCopy<Result>(
  tid: number,
  fd: number,
  work: (own: number) => Result,
): Result | undefined {
  const own = getDescriptor(tid, fd);
  if (own < 0 && own !== -EBADF) {
    const context = { syscall: 'pidfd_getfd', errno: -own };
    throw new SyscallError(`cannot reach descriptor ${fd} of process ${tid}`, context);
  }
  return useAndClose(own, work);
}

/**
 * As `withCopy`, of a terminal that no descriptor leads to any more: opened where it was, unless it
 * is gone, and somebody else's has its number. Where the program has its master it is reached by
 * that: to open a terminal that its master has locked breaks it for all who have it open.
 *
 * @param master the number of that; undefined: it has none
 */
export function withOpened<Result>(
  tid: number,
  { device, path, changedNs }: Pick<TerminalImage, 'device' | 'path' | 'changedNs'>,
  master: number | undefined,
  work: (own: number) => Result,
): Result | undefined {
  const inRoot = `/proc/${tid}/root${path}`;
  if (statKnownLink(inRoot)?.rdev !== device) return undefined;
  return useAndClose(open(inRoot, O_PATH), (place) => {
    if (readChangeTimeNs(place) !== changedNs) return undefined;
    if (master !== undefined) return withCopy(tid, master, work);
    return useAndClose(open(`/proc/self/fd/${place}`, O_RDWR | O_NOCTTY | O_NONBLOCK), (own) =>
      readTerminalDevice(own) === device ? work(own) : undefined,
    );
  });
}
