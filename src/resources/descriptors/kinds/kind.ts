/**
 * What the open files hold that are made by a call of their own, as eventfd(2) or epoll_create(2),
 * and lead to nothing in a file system: each kind is a file here, and `list.ts` has them all.
 *
 *   rollback  loosen ─▶ numbers are put in place ─▶ settle ─▶ renew
 */
import type { Stopped } from '../../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from '../descriptor-image.ts';

/** An open file that is the point's; what it holds may have changed since. */
export interface Settling {
  readonly stopped: Stopped;
  readonly image: DescriptorImage;
  /** As it was read before anything was put back; of another number, perhaps, that leads there. */
  readonly present: DescriptorImage;
  /** Numbers that lead to another file than before this rollback. */
  readonly replaced: ReadonlySet<number>;
  /** All of the point. */
  readonly wanted: DescriptorsImage;
}

export interface AnonymousKind {
  /** @param link what /proc/PID/fd/N leads to */
  readonly has: (link: string) => boolean;

  /**
   * What is kept of it as `content`, where that is not what fdinfo tells.
   *
   * @param told valid for now alone
   * @param before what was kept last: answered again if it is the same
   */
  readonly keep?: (told: Buffer, before: Uint8Array | undefined) => Uint8Array;

  /**
   * Make one of our own for one that is gone, holding what it held but for what `settle` and
   * `renew` see to: a descriptor of ours, or minus errno.
   */
  readonly make?: (image: DescriptorImage) => number;

  /** Why there is no way back to what it held; undefined: there is. */
  readonly refuse?: (
    stopped: Stopped,
    image: DescriptorImage,
    present: DescriptorImage,
  ) => string | undefined;

  /** Let go of what can be reached by the numbers of now alone. */
  readonly loosen?: (settling: Settling) => undefined;

  /** Have it hold what it held, all numbers being in place; what is lost, in words for the log. */
  readonly settle: (settling: Settling) => string | undefined;

  /**
   * After every rollback, also where nothing tells of a change: do what is to be done again. What
   * is lost, in words for the log.
   *
   * @param wanted all descriptors of the point
   */
  readonly renew?: (stopped: Stopped, wanted: DescriptorsImage) => readonly string[];
}
