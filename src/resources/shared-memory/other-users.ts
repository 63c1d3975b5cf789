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
import { listSharedFiles } from '../../sys/procmap-query.ts';
import { countAttachments } from '../../sys/shm.ts';
import { deviceName, statKnownLink } from '../../sys/statx.ts';

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
  const files = listSharedFiles(pid);
  const mapped = sought.filter((each) => {
    const isLikely = files?.some((file) => isFileOf(file, each)) ?? true;
    return isLikely && isMapped(readText(`/proc/${pid}/maps`), tid, pid, each);
  });
  const others = sought.filter((each) => isReachable(each) && !mapped.includes(each));
  return others.length === 0 ? mapped : [...mapped, ...findOpen(pid, others)];
}

function isFileOf(
  file: { readonly device: string; readonly inode: number },
  { device, inode }: Sought,
): boolean {
  return file.inode === inode && file.device === device;
}

function isMapped(maps: string, tid: number, pid: number, sought: Sought): boolean {
  const { device, inode } = sought;
  const needle = ` ${device} ${inode} `;
  for (let at = maps.indexOf(needle); at >= 0; at = maps.indexOf(needle, at + 1)) {
    const start = maps.lastIndexOf('\n', at) + 1;
    const end = maps.indexOf('\n', at);
    const mapping = parseMapsLine(maps.slice(start, end < 0 ? undefined : end));
    if (mapping === undefined || !isFileOf(mapping, sought)) continue;
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

/** What a process has open. Who holds it for a point, as another supervisor, opens nothing. */
function findOpen(pid: number, sought: readonly Sought[]): Sought[] {
  const found = new Set<Sought>();
  for (const fd of listDescriptors(pid)) {
    const file = statKnownLink(`/proc/${pid}/fd/${fd}`);
    if (file === undefined) continue;
    const one = sought.find(({ inode, device }) => {
      return inode === file.ino && device === deviceName(file.dev);
    });
    if (one === undefined) continue;
    const info = parseFdInfo(readText(`/proc/${pid}/fdinfo/${fd}`));
    if (info === undefined || (info.flags & O_PATH) === 0) found.add(one);
  }
  return [...found];
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
