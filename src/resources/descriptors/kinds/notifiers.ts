/** What watches files, and tells of each change of what it watches: inotify(7), fanotify(7). */
import type { AnonymousKind } from './kind.ts';

export const notifiers: AnonymousKind = {
  has: (link) => link === 'anon_inode:inotify' || link === 'anon_inode:[fanotify]',
  settle: ({ image: { link, fd } }) => `${link} ${fd} watches what it was told to since`,
};
