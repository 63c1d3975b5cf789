/**
 * Who else has the memory that a program shares: mapped, or by a descriptor. As far as we may look:
 * into all processes as root, else into those of the same user.
 *
 * The kernel counts the attachments of System V segments. Of others nobody keeps a list, and all
 * processes are looked through: for anonymous memory, which comes by fork(2) alone and is lost in
 * exec, those that run the same program.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseFdInfo } from '../../procfs/fdinfo.ts';
import { isSegment, parseMapsLine } from '../../procfs/maps.ts';
import { O_PATH } from '../../sys/descriptor-flags.ts';
import { countAttachments } from '../../sys/shm.ts';
import { deviceName, statKnownLink } from '../../sys/statx.ts';

const DELETED = ' (deleted)';

/** What is looked for. */
export interface Sought {
  readonly key: string;
  readonly device: string;
  readonly inode: number;
  readonly isSegment: boolean;
  readonly path: string;
  /** How often the program has it mapped. */
  readonly mapped: number;
}

export function nameUser(user: number): string {
  return user === 0 ? 'somebody else is attached, too' : `process ${user} has it, too`;
}

export function listProcesses(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/**
 * Somebody beside the program who has each object, by its key; no entry: nobody. 0 is somebody who
 * cannot be seen.
 */
export function findUsers(
  program: { readonly pid: number; readonly living: number },
  sought: readonly Sought[],
  processes: readonly number[],
): Map<string, number> {
  const users = new Map<string, number>();
  const isOwnNamespace = readNamespace(program.living) === readNamespace('self');
  let left = sought.filter((each) => {
    if (!each.isSegment || !isOwnNamespace) return true;
    const count = countAttachments(each.inode);
    if (count < 0) return true;
    if (count > each.mapped) users.set(each.key, 0);
    return false;
  });
  const executable = readLink(`/proc/${program.living}/exe`);
  for (const pid of processes) {
    if (left.length === 0) break;
    if (pid === program.pid || pid === process.pid) continue;
    const isKin = readLink(`/proc/${pid}/exe`) === executable;
    const likely = isKin ? left : left.filter((each) => each.isSegment || isReachable(each));
    if (likely.length === 0) continue;
    const found = findIn(program.living, pid, likely);
    for (const { key } of found) users.set(key, pid);
    if (found.length > 0) left = left.filter(({ key }) => !users.has(key));
  }
  return users;
}

function findIn(tid: number, pid: number, sought: readonly Sought[]): Sought[] {
  const maps = readText(`/proc/${pid}/maps`);
  if (maps === '') return [];
  const open = sought.some(isReachable) ? listOpen(pid) : [];
  return sought.filter((each) => isMapped(maps, tid, pid, each) || isOpen(open, pid, each));
}

function isMapped(maps: string, tid: number, pid: number, sought: Sought): boolean {
  const { device, inode } = sought;
  const needle = ` ${device} ${inode} `;
  for (let at = maps.indexOf(needle); at >= 0; at = maps.indexOf(needle, at + 1)) {
    const start = maps.lastIndexOf('\n', at) + 1;
    const end = maps.indexOf('\n', at);
    const mapping = parseMapsLine(maps.slice(start, end < 0 ? undefined : end));
    if (mapping?.inode !== inode || mapping.device !== device) continue;
    if (!sought.isSegment && !isSegment(mapping)) return true;
    // Ids are numbered anew in each namespace.
    const isIt = sought.isSegment && mapping.path === sought.path;
    if (isIt && readNamespace(pid) === readNamespace(tid)) return true;
  }
  return false;
}

/** Whether descriptors can lead to it. */
function isReachable({ path, isSegment: isOfSegment }: Sought): boolean {
  return !isOfSegment && path.startsWith('/') && !path.startsWith('/dev/zero');
}

/** What holds it for a point of ours, or another supervisor's, opens nothing. */
function isOpen(open: readonly Open[], pid: number, sought: Sought): boolean {
  if (!isReachable(sought)) return false;
  const { path, device, inode } = sought;
  const name = path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
  return open.some(({ fd, link }) => {
    if (!link.startsWith(name)) return false;
    const file = statKnownLink(`/proc/${pid}/fd/${fd}`);
    if (file?.ino !== inode || deviceName(file.dev) !== device) return false;
    const info = parseFdInfo(readText(`/proc/${pid}/fdinfo/${fd}`));
    return info === undefined || (info.flags & O_PATH) === 0;
  });
}

interface Open {
  readonly fd: string;
  readonly link: string;
}

function listOpen(pid: number): Open[] {
  return listDescriptors(pid).map((fd) => ({ fd, link: readLink(`/proc/${pid}/fd/${fd}`) }));
}

function listDescriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readNamespace(pid: number | 'self'): string {
  return readLink(`/proc/${pid}/ns/ipc`);
}
