/**
 * How many points have each image: a point shares with others what has not changed between them,
 * and only with the last of them it goes.
 */
import type { Resource } from '../resources/resource.ts';

/** Of one resource. */
interface Uses {
  /** That of the point made last, and how many have it: mostly all of them do. */
  latest: unknown;
  count: number;
  readonly others: Map<unknown, number>;
}

export class ImageUses {
  /** In the order of the resources. */
  private readonly uses: Uses[] = [];

  /** A point has these. */
  retain(images: readonly unknown[]): void {
    for (let index = 0; index < images.length; index += 1) {
      const image = images[index];
      const uses = (this.uses[index] ??= { latest: image, count: 0, others: new Map() });
      if (image !== uses.latest) setLatest(uses, image);
      uses.count += 1;
    }
  }

  /** That point goes: what none has any more is released. */
  release(all: readonly Resource[], images: readonly unknown[]): void {
    for (let index = 0; index < all.length; index += 1) {
      const [uses, image] = [this.uses[index], images[index]];
      if (uses !== undefined && takeOne(uses, image)) all[index]?.release(image);
    }
  }

  /** It has been captured, and is to be of no point after all. */
  drop(resource: Resource, index: number, image: unknown): void {
    const uses = this.uses[index];
    const isUsed = uses !== undefined && countOf(uses, image) > 0;
    if (!isUsed) resource.release(image);
  }
}

function countOf({ latest, count, others }: Uses, image: unknown): number {
  return image === latest ? count : (others.get(image) ?? 0);
}

function setLatest(uses: Uses, image: unknown): void {
  if (uses.count > 0) uses.others.set(uses.latest, uses.count);
  uses.count = uses.others.get(image) ?? 0;
  uses.others.delete(image);
  uses.latest = image;
}

/** Whether it was the last. */
function takeOne(uses: Uses, image: unknown): boolean {
  const count = countOf(uses, image) - 1;
  if (image === uses.latest) uses.count = Math.max(count, 0);
  else if (count > 0) uses.others.set(image, count);
  else uses.others.delete(image);
  return count === 0;
}
