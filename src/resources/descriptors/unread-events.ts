/**
 * The resource of what waited to be read from inotify(7) when a point was made: events that were
 * read since are gone, which is told by how many bytes wait (FIONREAD), asked of a copy of ours.
 * As many may be others by a rollback: then it is not known.
 */
import { useAndClose } from '../../sys/file.ts';
import { countUnreadEvents } from '../../sys/inotify.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { nameGuess } from '../guess.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { linkOf, linksOf } from '../relatives.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorsImage } from './descriptor-image.ts';
import { INOTIFY } from './kinds/notifiers.ts';

const VERSION = 1;

export interface UnreadImage {
  readonly fd: number;
  /** More than none. */
  readonly sizeBytes: number;
}

export type UnreadImages = readonly UnreadImage[];

const NONE: UnreadImages = [];

export class UnreadEvents implements Resource<UnreadImages, readonly Named[]> {
  readonly name = 'unread events';
  private readonly descriptors: { readonly table: DescriptorsImage };
  private table: DescriptorsImage = [];
  private fds: readonly number[] = [];

  constructor(descriptors: { readonly table: DescriptorsImage }) {
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. */
  capture({ living }: Stopped, before: UnreadImages | undefined): UnreadImages {
    const { table } = this.descriptors;
    if (table !== this.table) {
      this.fds = table.filter(({ link }) => link === INOTIFY).map(({ fd }) => fd);
      this.table = table;
    }
    const images = this.fds.flatMap((fd): UnreadImage[] => {
      const sizeBytes = countUnread(living, fd);
      return sizeBytes > 0 ? [{ fd, sizeBytes }] : [];
    });
    if (images.length === 0) return NONE;
    const isSame =
      before?.length === images.length &&
      images.every(({ fd, sizeBytes }, index) => {
        const former = before[index];
        return former?.fd === fd && former.sizeBytes === sizeBytes;
      });
    return isSame ? before : images;
  }

  /** As they wait now, before anything is put back. */
  prepare({ living }: Stopped, image: UnreadImages): readonly Named[] {
    return image.map(({ fd, sizeBytes }) => {
      const guess = nameGuess(LOST.descriptors, `events that wait in inotify ${fd}`);
      const text = `inotify ${fd}: events that waited at the point were read since, and are gone`;
      const lost = { bit: LOST.descriptors, text };
      if (linkOf(living, fd) === INOTIFY) return countUnread(living, fd) < sizeBytes ? lost : guess;
      // It was closed since; another number may lead to it still.
      return [...linksOf(living).values()].includes(INOTIFY) ? guess : lost;
    });
  }

  apply(_stopped: Stopped, lost: readonly Named[]): Applied {
    return lost.length === 0 ? {} : { lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: UnreadImages): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): UnreadImages {
    return decodeImage(VERSION, bytes) as UnreadImages;
  }

  close(): void {
    // Holds nothing.
  }
}

/** Bytes; 0 also where we have no number for a copy. */
function countUnread(tid: number, fd: number): number {
  return useAndClose(getDescriptor(tid, fd), countUnreadEvents) ?? 0;
}
