/**
 * What watches files, and tells of each change of what it watches: inotify(7), fanotify(7).
 *
 * Watches of inotify that were removed since are added again with their own number, those that came
 * since are removed, and masks are those of the point: by a copy of ours, the files being found by
 * their handles, or among what the program has open. The kernel tells of each that is removed; that
 * is read off, since the program did not ask for it.
 *
 * Events that were read since are gone, as other input is: see unread-events.ts.
 *
 * Source: proc_pid_fdinfo(5); fs/notify/inotify/inotify_user.c.
 */
import { constants } from 'node:os';
import { useAndClose } from '../../../sys/file.ts';
import {
  hasEvents,
  inotifyAddWatch,
  inotifyInit,
  inotifyRmWatch,
  inotifySetNextWatch,
  IN_IGNORED,
  IN_MASK_CREATE,
  takeEvents,
} from '../../../sys/inotify.ts';
import { getDescriptor } from '../../../sys/pidfd.ts';
import { makeHolders } from '../holders.ts';
import type { AnonymousKind, Settling } from './kind.ts';
import { withFile, type WatchedFile } from './watched-file.ts';

const { EINVAL } = constants.errno;
export const INOTIFY = 'anon_inode:inotify';
const FANOTIFY = 'anon_inode:[fanotify]';
const LINE = new RegExp(
  String.raw`^inotify wd:([0-9a-f]+) ino:([0-9a-f]+) sdev:([0-9a-f]+) mask:([0-9a-f]+)` +
    String.raw`(?:.*fhandle-type:([0-9a-f]+) f_handle:([0-9a-f]+))?`,
  'gm',
);

interface FileWatch extends WatchedFile {
  readonly watch: number;
  readonly mask: number;
}

export const notifiers: AnonymousKind = {
  has: (link) => link === INOTIFY || link === FANOTIFY,
  make: ({ link }) => (link === INOTIFY ? inotifyInit() : -EINVAL),
  settle: (settling) => {
    const { stopped, image } = settling;
    const { link, fd } = image;
    if (link !== INOTIFY) return `${link} ${fd} watches what it was told to since`;
    const lost = useAndClose(getDescriptor(stopped.living, fd), (own) => putBack(settling, own));
    const text = (lost ?? ['watches what it was told to since']).join(', ');
    return text === '' ? undefined : `inotify ${fd} ${text}`;
  },
};

/** What is lost. */
function putBack(settling: Settling, own: number): string[] {
  const { stopped, image, present, wanted: table } = settling;
  const waited = hasEvents(own);
  const now = parse(present.content);
  const wanted = parse(image.content);
  const isOther = ({ watch, file }: FileWatch): boolean =>
    wanted.find((each) => each.watch === watch)?.file !== file;
  const removed = now.filter((each) => isOther(each) && inotifyRmWatch(own, each.watch) === 0);
  const left = new Map(now.filter((each) => !isOther(each)).map((each) => [each.watch, each]));
  const changed = wanted.filter(({ watch, mask }) => left.get(watch)?.mask !== mask);
  const missing = changed.filter((each) => {
    const isNew = !left.has(each.watch);
    const add = (path: string): boolean => (isNew ? addAs : change)(own, path, each);
    return withFile(stopped.living, table, each, add) !== true;
  });
  const again = changed.filter((each) => !left.has(each.watch) && !missing.includes(each));
  // Numbers that were given since are not given once more: events may speak of them.
  const highest = Math.max(0, ...[...now, ...wanted].map(({ watch }) => watch));
  if (again.length > 0) inotifySetNextWatch(own, highest + 1);
  const ended = new Set([...removed, ...again].map(({ watch }) => watch));
  // What waits before is worth more than that a watch unknown to the program has ended.
  const isToBeRead = again.length > 0 || (removed.length > 0 && !waited);
  const isShared = isToBeRead && makeHolders(stopped).find(image) !== undefined;
  return [
    ...missing.map(({ watch }) => `does not watch as ${watch} what it did`),
    ...(isToBeRead && !isShared ? readOff(own, ended) : []),
  ];
}

/** The numbers of watches are told of as ended: by us, or since. */
function readOff(own: number, ended: ReadonlySet<number>): string[] {
  const others = takeEvents(own).filter(
    ({ watch, mask }) => (mask & IN_IGNORED) === 0 || !ended.has(watch),
  );
  return others.length === 0 ? [] : [`has lost ${others.length} events that waited`];
}

function addAs(own: number, path: string, { watch, mask }: FileWatch): boolean {
  if (inotifySetNextWatch(own, watch) !== 0) return false;
  const added = inotifyAddWatch(own, path, mask | IN_MASK_CREATE);
  if (added >= 0 && added !== watch) inotifyRmWatch(own, added);
  return added === watch;
}

function change(own: number, path: string, { watch, mask }: FileWatch): boolean {
  return inotifyAddWatch(own, path, mask) === watch;
}

function parse(content: Uint8Array | undefined): FileWatch[] {
  const text = Buffer.from(content ?? []).toString('latin1');
  return [...text.matchAll(LINE)].map(
    ([, watch = '', inode = '', device = '', mask = '', type = '', handle = '']) => ({
      watch: Number.parseInt(watch, 16),
      mask: Number.parseInt(mask, 16),
      file: `${inode} ${device} ${handle}`,
      inode: Number.parseInt(inode, 16),
      device: Number.parseInt(device, 16),
      handleType: type === '' ? undefined : Number.parseInt(type, 16),
      handle: Buffer.from(handle, 'hex'),
    }),
  );
}
