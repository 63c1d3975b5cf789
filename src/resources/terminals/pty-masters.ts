/**
 * The resource of what the program has set of pseudo-terminals by their masters: whether reading
 * tells of the other end (packet mode), and whether that may be opened (the lock). One that was
 * closed since has ended its terminal, which the descriptors name.
 *
 * Source: ioctl_tty(2), TIOCPKT and TIOCSPTLCK.
 */
import { asBelayError } from '../../errors.ts';
import { readMasterMode, writeMasterMode, type MasterMode } from '../../sys/termios.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { findMasters, withCopy, type FoundTerminal, type KnownDevices } from './terminal-access.ts';
import type { DescriptorSource } from './terminals.ts';

const VERSION = 1;

export interface MasterImage extends MasterMode {
  /** The number of the terminal that it makes. */
  readonly device: number;
}

export type MastersImage = readonly MasterImage[];

const NONE: MastersImage = [];

export class PtyMasters implements Resource<MastersImage, MastersImage> {
  readonly name = 'masters of pseudo-terminals';
  private readonly descriptors: DescriptorSource;
  private table: DescriptorSource['table'] | undefined = undefined;
  private found: readonly FoundTerminal[] = [];
  private readonly known: KnownDevices = new WeakMap();

  constructor(descriptors: DescriptorSource) {
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. The same array as before when nothing changed. */
  capture(stopped: Stopped, before: MastersImage | undefined): MastersImage {
    const images = this.find(stopped).flatMap(({ device, fd }): MasterImage[] => {
      const mode = withCopy(stopped.living, fd, readMasterMode);
      return mode === undefined ? [] : [{ device, ...mode }];
    });
    if (images.length === 0) return NONE;
    const isSame =
      before?.length === images.length &&
      images.every((image, index) => isSameMaster(image, before[index]));
    return isSame ? before : images;
  }

  /** Nothing has to be acquired: what cannot be reached is named. */
  prepare(_stopped: Stopped, image: MastersImage): MastersImage {
    return image;
  }

  apply(stopped: Stopped, wanted: MastersImage): Applied {
    if (wanted.length === 0) return {};
    return { lost: wanted.flatMap((image) => this.putBack(stopped, image)) };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: MastersImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): MastersImage {
    return decodeImage(VERSION, bytes) as MastersImage;
  }

  close(): void {
    // Holds nothing.
  }

  private putBack(stopped: Stopped, image: MasterImage): Named[] {
    const lose = (why: string): Named[] => {
      const text = `a pseudo-terminal's master has another mode or lock than it had: ${why}`;
      return [{ bit: LOST.terminals, text }];
    };
    try {
      const found = this.find(stopped).find(({ device }) => device === image.device);
      if (found === undefined) return [];
      const isBack = withCopy(stopped.living, found.fd, (own) => writeMasterMode(own, image));
      return isBack === false ? lose('it may not be set') : [];
    } catch (error) {
      return lose(asBelayError(error).message);
    }
  }

  private find({ living }: Stopped): readonly FoundTerminal[] {
    const { table } = this.descriptors;
    if (table !== this.table) {
      this.found = findMasters(living, table, this.known);
      this.table = table;
    }
    return this.found;
  }
}

function isSameMaster(one: MasterImage, other: MasterImage | undefined): boolean {
  return (
    one.device === other?.device &&
    one.isPacket === other.isPacket &&
    one.isLocked === other.isLocked
  );
}
