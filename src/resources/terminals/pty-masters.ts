/**
 * The resource of what the program has set of pseudo-terminals by their masters: whether reading
 * tells of the other end (packet mode), whether that may be opened (the lock), and how it treats
 * what is typed, where it is not among the program's terminals. Those modes are then of whoever has
 * it open: they go back where nobody has. A master that was closed since has ended its terminal,
 * which the descriptors name.
 *
 * Source: ioctl_tty(2), TIOCPKT and TIOCSPTLCK; drivers/tty/pty.c, pty_close.
 */
import { asBelayError } from '../../errors.ts';
import { pollNow } from '../../sys/poll.ts';
import {
  hasSession,
  readMasterMode,
  readTerminalModes,
  writeMasterMode,
  writeTerminalModes,
  type MasterMode,
} from '../../sys/termios.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { findAllRelatives, linksOf } from '../relatives.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import {
  findMasters,
  findTerminals,
  withCopy,
  type FoundTerminal,
  type KnownDevices,
} from './terminal-access.ts';
import type { DescriptorSource } from './terminals.ts';

const VERSION = 2;

export interface MasterImage extends MasterMode {
  /** The number of the terminal that it makes. */
  readonly device: number;
  /** struct termios2 of the terminal, where the program has that by its master alone. */
  readonly modes: Uint8Array | undefined;
}

export type MastersImage = readonly MasterImage[];

const NONE: MastersImage = [];
const NO_MODES = new Uint8Array();

export class PtyMasters implements Resource<MastersImage, MastersImage> {
  readonly name = 'masters of pseudo-terminals';
  private readonly descriptors: DescriptorSource;
  private table: DescriptorSource['table'] | undefined = undefined;
  private found: readonly FoundTerminal[] = [];
  /** Of the same table; undefined: not looked for yet. */
  private terminals: readonly FoundTerminal[] | undefined = undefined;
  private readonly known: KnownDevices = new WeakMap();
  private readonly knownTerminals: KnownDevices = new WeakMap();

  constructor(descriptors: DescriptorSource) {
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. The same array as before when nothing changed. */
  capture(stopped: Stopped, before: MastersImage | undefined): MastersImage {
    const images = this.find(stopped).flatMap(({ device, fd }): MasterImage[] => {
      const isOpen = this.hasTerminal(stopped, device);
      const image = withCopy(stopped.living, fd, (own) => {
        const [mode, modes] = [readMasterMode(own), readTerminalModes(own)];
        return (
          mode && { ...mode, device, modes: isOpen || !modes ? undefined : new Uint8Array(modes) }
        );
      });
      return image === undefined ? [] : [image];
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
    const leave = (): Named[] => {
      const text =
        'a pseudo-terminal of which others have the other end has other modes than it had';
      return [{ bit: 0, text: `${text}: they are left` }];
    };
    try {
      const found = this.find(stopped).find(({ device }) => device === image.device);
      if (found === undefined) return [];
      const isBack = withCopy(stopped.living, found.fd, (own) => writeMasterMode(own, image));
      if (isBack === false) return lose('it may not be set');
      const isLeft = withCopy(stopped.living, found.fd, (own) => {
        return !this.putModesBack(stopped, own, image);
      });
      return isLeft === true ? leave() : [];
    } catch (error) {
      return lose(asBelayError(error).message);
    }
  }

  /** False: they are left to others. */
  private putModesBack(stopped: Stopped, own: number, { device, modes }: MasterImage): boolean {
    const now = readTerminalModes(own);
    if (modes === undefined || now === undefined || Buffer.compare(now, modes) === 0) return true;
    const isAlone =
      pollNow(own).isHungUp ||
      this.hasTerminal(stopped, device) ||
      !(hasSession(own) || findAllRelatives(stopped).some((pid) => isOpenIn(pid, device)));
    return isAlone && writeTerminalModes(own, modes);
  }

  /** Whether a descriptor leads to the terminal itself. */
  private hasTerminal(stopped: Stopped, device: number): boolean {
    this.find(stopped);
    this.terminals ??= findTerminals(stopped.living, this.descriptors.table, this.knownTerminals);
    return this.terminals.some((terminal) => terminal.device === device);
  }

  private find({ living }: Stopped): readonly FoundTerminal[] {
    const { table } = this.descriptors;
    if (table !== this.table) {
      this.found = findMasters(living, table, this.known);
      this.terminals = undefined;
      this.table = table;
    }
    return this.found;
  }
}

/** Of one that nobody has opened yet, or for no session, nothing else tells. */
function isOpenIn(pid: number, device: number): boolean {
  const name = `/dev/pts/${numberOf(device)}`;
  return [...linksOf(pid).values()].includes(name);
}

/** The minor number: its low 8 bits, and the others from the 20th on. */
function numberOf(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}

function isSameMaster(one: MasterImage, other: MasterImage | undefined): boolean {
  return (
    one.device === other?.device &&
    one.isPacket === other.isPacket &&
    one.isLocked === other.isLocked &&
    Buffer.compare(one.modes ?? NO_MODES, other.modes ?? NO_MODES) === 0
  );
}
