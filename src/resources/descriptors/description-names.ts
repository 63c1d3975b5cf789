/** Numbers open files: descriptors that share one have the same number. */
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';

/** Chosen: open files of one inode that a new descriptor is compared with. */
const COMPARISONS_MAX = 32;

export class DescriptionNames {
  private readonly isOne: (fd: number, other: number) => boolean;
  private last = 0;

  constructor(isOne: (fd: number, other: number) => boolean) {
    this.isOne = isOne;
  }

  /** The same, with those of the fresh ones found out. */
  give(found: DescriptorsImage, fresh: ReadonlySet<number>): DescriptorImage[] {
    const byInode = new Map<number, DescriptorImage[]>();
    for (const image of found) if (!fresh.has(image.fd)) addTo(byInode, image);
    return found.map((image) => {
      if (!fresh.has(image.fd)) return image;
      const twin = this.findTwin(image, byInode.get(image.inode) ?? []);
      const description = twin?.description ?? (this.last += 1);
      const result = { ...image, description };
      if (twin === undefined) addTo(byInode, result);
      return result;
    });
  }

  private findTwin(
    image: DescriptorImage,
    others: readonly DescriptorImage[],
  ): DescriptorImage | undefined {
    return others.slice(0, COMPARISONS_MAX).find((other) => this.isOne(image.fd, other.fd));
  }
}

/** Keep one of each open file: the others need not be compared with. */
function addTo(byInode: Map<number, DescriptorImage[]>, image: DescriptorImage): void {
  const list = byInode.get(image.inode);
  if (list === undefined) byInode.set(image.inode, [image]);
  else if (!list.some(({ description }) => description === image.description)) list.push(image);
}
