/**
 * Which numbers share one open file. Of those that lead to the file that they led to at the point,
 * some may have been made copies of each other since, or have been opened once more.
 */
import { compareFiles, isSameFile as areOneFile } from '../../sys/process.ts';
import type { Task } from '../../tracee/target-memory.ts';
import { FileOrder } from './file-order.ts';
import type { KnownFiles } from './known-files.ts';
import { isSameFile, type DescriptorImage, type DescriptorsImage } from './descriptor-image.ts';

export interface Sharing {
  /** Whether two numbers share one open file now. */
  readonly isOne: (fd: number, other: number) => boolean;
  /** Whether a number leads to the open file that the image's led to; undefined: not known. */
  readonly isThat: (fd: number, image: DescriptorImage) => boolean | undefined;
  /** Whether `isThat` knows. */
  readonly isKnown: (image: DescriptorImage) => boolean;
  readonly order: FileOrder;
}

export function makeSharing(task: Task, known: KnownFiles): Sharing {
  return {
    isOne: (fd, other) => areOneFile(task.living, fd, task.living, other),
    isThat: (fd, image) => known.isThat(fd, image),
    isKnown: (image) => known.isKnown(image),
    order: new FileOrder((fd, other) => compareFiles(task.living, fd, other)),
  };
}

const groups = new WeakMap<DescriptorsImage, readonly DescriptorsImage[]>();

/**
 * Numbers that lead to their file through another open file than they did.
 *
 * @param present where they lead now; undefined: as in `wanted`
 */
export function findMixed(
  wanted: DescriptorsImage,
  present: ReadonlyMap<number, DescriptorImage> | undefined,
  sharing: Sharing,
): ReadonlySet<number> {
  const mixed = new Set<number>();
  const { order, isKnown } = sharing;
  for (const group of groupsOf(wanted)) {
    const isToCompare = (image: DescriptorImage): boolean => {
      const now = present === undefined ? image : present.get(image.fd);
      return now !== undefined && isSameFile(now, image) && !isKnown(image);
    };
    const images = group.every(isToCompare) ? group : group.filter(isToCompare);
    if (images.length < 2 || order.isAsSaid(images)) continue;
    const ranks = order.rank(images);
    const found = new Map<number, DescriptorImage>();
    const former = new Map<number, DescriptorImage>();
    for (const image of images) {
      const rank = ranks.get(image.fd) ?? -1;
      const same = found.get(rank);
      if (same !== former.get(image.description)) mixed.add(image.fd);
      else if (same === undefined) {
        found.set(rank, image);
        former.set(image.description, image);
      }
    }
  }
  return mixed;
}

/**
 * Numbers that can share one open file, where there are several: what an open file leads to, and
 * whether it is for reading or for writing, is fixed. Of sockets and pipes the inode says it all.
 */
function groupsOf(wanted: DescriptorsImage): readonly DescriptorsImage[] {
  const known = groups.get(wanted);
  if (known !== undefined) return known;
  const byInode = new Map<number, DescriptorImage[]>();
  for (const image of wanted) {
    if (image.kind === 'socket' || image.kind === 'pipe') continue;
    const group = byInode.get(image.inode);
    if (group === undefined) byInode.set(image.inode, [image]);
    else group.push(image);
  }
  const several = [...byInode.values()].flatMap((group) => splitByFile(group));
  groups.set(wanted, several);
  return several;
}

function splitByFile(group: readonly DescriptorImage[]): DescriptorImage[][] {
  const parts: DescriptorImage[][] = [];
  if (group.length < 2) return parts;
  for (const image of group) {
    const part = parts.find(([first]) => first !== undefined && isSameFile(first, image));
    if (part === undefined) parts.push([image]);
    else part.push(image);
  }
  return parts.filter(({ length }) => length > 1);
}
