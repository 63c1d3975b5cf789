/**
 * How many points have each image: a point shares with others what has not changed between them,
 * and only with the last of them it goes.
 */
import type { Resource } from '../resources/resource.ts';

export class ImageUses {
  /** In the order of the resources. */
  private readonly uses: Map<unknown, number>[] = [];

  /** A point has these. */
  retain(images: readonly unknown[]): void {
    images.forEach((image, index) => {
      const uses = (this.uses[index] ??= new Map<unknown, number>());
      uses.set(image, (uses.get(image) ?? 0) + 1);
    });
  }

  /** That point goes: what none has any more is released. */
  release(all: readonly Resource[], images: readonly unknown[]): void {
    all.forEach((resource, index) => {
      const image = images[index];
      const left = (this.uses[index]?.get(image) ?? 0) - 1;
      if (left > 0) this.uses[index]?.set(image, left);
      else if (this.uses[index]?.delete(image) === true) resource.release(image);
    });
  }

  /** It has been captured, and is to be of no point after all. */
  drop(resource: Resource, index: number, image: unknown): void {
    if (this.uses[index]?.has(image) !== true) resource.release(image);
  }
}
