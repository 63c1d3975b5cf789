/**
 * Plans how one table of descriptors becomes that of a point: what to close, what to put where.
 *
 * A number whose file is still open somewhere in the program gets it from there. That can be a
 * number that shared the open file at the point, or one that was made since, as by a program that
 * keeps a copy of its output aside while it redirects it.
 */
import { isSameDescription, isSameFile, type DescriptorImage } from './descriptor-image.ts';

/** A number of the point that leads elsewhere now, or nowhere. */
export interface Refill {
  readonly image: DescriptorImage;
  /** What it leads to now; undefined: it was closed. */
  readonly present: DescriptorImage | undefined;
  /** A number that leads to its file; undefined: none does. */
  readonly source: number | undefined;
}

/** A number that leads to its own file, of which something else has changed. */
export interface Settle {
  readonly image: DescriptorImage;
  readonly present: DescriptorImage;
}

export interface DescriptorSteps {
  readonly refills: readonly Refill[];
  readonly settles: readonly Settle[];
  /** Opened since. */
  readonly extras: readonly DescriptorImage[];
}

export function planDescriptors(
  wanted: readonly DescriptorImage[],
  now: readonly DescriptorImage[],
): DescriptorSteps {
  const settles: Settle[] = [];
  const missing: { image: DescriptorImage; present: DescriptorImage | undefined }[] = [];
  const extras = new Map(now.map((image) => [image.fd, image]));
  for (const image of wanted) {
    const present = extras.get(image.fd);
    extras.delete(image.fd);
    if (present === undefined || !isSameFile(present, image)) missing.push({ image, present });
    else if (present !== image) settles.push({ image, present });
  }
  const steps = { settles, extras: [...extras.values()] };
  if (missing.length === 0) return { ...steps, refills: [] };
  const atPoint = new Map(wanted.map((image) => [image.fd, image]));
  const byInode = groupByInode(now);
  const refills = missing.map(({ image, present }) => {
    const found = byInode.get(image.inode)?.find((other) => canServe(other, image, atPoint));
    return { image, present, source: found?.fd };
  });
  return { ...steps, refills };
}

/** Whether what `other` leads to now is the open file that `image` led to at the point. */
function canServe(
  other: DescriptorImage,
  image: DescriptorImage,
  atPoint: ReadonlyMap<number, DescriptorImage>,
): boolean {
  if (!isSameFile(other, image)) return false;
  const former = atPoint.get(other.fd);
  // It leads to the same file as at the point: then what it shared, it shares.
  if (former !== undefined && isSameFile(former, other)) return isSameDescription(former, image);
  // All anonymous files look alike: one that came since may be another one.
  return image.kind !== 'anonymous' && image.kind !== 'epoll';
}

function groupByInode(images: readonly DescriptorImage[]): Map<number, DescriptorImage[]> {
  const groups = new Map<number, DescriptorImage[]>();
  for (const image of images) {
    const group = groups.get(image.inode);
    if (group === undefined) groups.set(image.inode, [image]);
    else group.push(image);
  }
  return groups;
}
