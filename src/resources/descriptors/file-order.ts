/**
 * Which of many numbers share an open file, by few comparisons: kcmp(2) has an order, so what was
 * in order once is compared with its neighbours alone.
 *
 * Source: kcmp(2), "order"; kernel/kcmp.c, kcmp_ptr.
 */
import { at } from '../../at.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';

type Compare = (fd: number, other: number) => number | undefined;

export class FileOrder {
  private readonly compare: Compare;
  /** Of each number the place that it had last. */
  private readonly places = new Map<number, number>();
  /** Those that were in order when they were looked at last. */
  private readonly ordered = new WeakMap<DescriptorsImage, DescriptorsImage>();

  constructor(compare: Compare) {
    this.compare = compare;
  }

  /** Whether those with one description, and no others, share an open file. */
  isAsSaid(images: DescriptorsImage): boolean {
    const known = this.ordered.get(images) ?? this.sortAsKnown(images);
    const order = this.isStrict(known) ? known : this.sort([...known]);
    if (order !== known && !this.isStrict(order)) return false;
    this.ordered.set(images, order);
    return true;
  }

  /** The same number for those that share an open file. */
  rank(images: DescriptorsImage): ReadonlyMap<number, number> {
    const ranks = new Map<number, number>();
    let rank = 0;
    let before: DescriptorImage | undefined;
    for (const image of this.sort([...images])) {
      if (before !== undefined && this.compare(before.fd, image.fd) !== 0) rank += 1;
      ranks.set(image.fd, rank);
      before = image;
    }
    return ranks;
  }

  private sortAsKnown(images: DescriptorsImage): DescriptorImage[] {
    const placeOf = ({ fd }: DescriptorImage): number => this.places.get(fd) ?? fd;
    return [...images].sort((one, other) => placeOf(one) - placeOf(other));
  }

  private sort(images: DescriptorImage[]): DescriptorImage[] {
    images.sort((one, other) => this.compare(one.fd, other.fd) ?? one.fd - other.fd);
    images.forEach(({ fd }, index) => this.places.set(fd, index));
    return images;
  }

  /** Ascending, and equal where the description is. */
  private isStrict(images: readonly DescriptorImage[]): boolean {
    for (let index = 1; index < images.length; index += 1) {
      const [one, other] = [at(images, index - 1), at(images, index)];
      const result = this.compare(one.fd, other.fd);
      if (result !== (one.description === other.description ? 0 : -1)) return false;
    }
    return true;
  }
}
