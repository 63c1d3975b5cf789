/**
 * The terminals resource: how each terminal that the program has open treats what is typed and
 * printed (termios(3)), and who is in the foreground of the one that controls it.
 *
 * Terminals are shared with others. The modes of the controlling terminal are those of whoever is
 * in its foreground: they go back only if that was the program at the point, and is now. It comes
 * back to the foreground by itself only where it leads the session, as a shell does: another
 * program that has left the foreground since was put into the background by somebody.
 *
 * What was typed and not read stays, and so does the size, which is the window's.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError } from '../../errors.ts';
import { readChangeTimeNs } from '../../sys/statx.ts';
import { readTerminalModes, writeTerminalModes, TIOCSPGRP } from '../../sys/termios.ts';
import { kill } from '../../sys/process.ts';
import { readStat } from '../../tasks/read-stat.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import {
  findMasters,
  findTerminals,
  withCopy,
  withOpened,
  type FoundTerminal,
  type KnownDevices,
  type Leading,
} from './terminal-access.ts';
import {
  isSameTerminal,
  type Foreground,
  type TerminalImage,
  type TerminalsImage,
} from './terminal-image.ts';

const VERSION = 2;
const SIGTTIN = 21;
const NONE: TerminalsImage = [];

/** Where the descriptors of the process lead. */
export interface DescriptorSource {
  /** As it was read last. */
  readonly table: readonly Leading[];
}

export class Terminals implements Resource<TerminalsImage, TerminalsImage> {
  readonly name = 'terminals';
  private readonly descriptors: DescriptorSource;
  /** The table that was looked through last, and what was found in it. */
  private table: readonly Leading[] | undefined = undefined;
  private found: readonly FoundTerminal[] = [];
  private readonly known: KnownDevices = new WeakMap();
  private readonly knownMasters: KnownDevices = new WeakMap();

  constructor(descriptors: DescriptorSource) {
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. The same array as before when nothing changed. */
  capture(stopped: Stopped, before: TerminalsImage | undefined): TerminalsImage {
    const found = this.find(stopped);
    if (found.length === 0) return NONE;
    const stat = readStat(stopped.living);
    const images = found.flatMap((terminal): TerminalImage[] => {
      const { device, fd, path } = terminal;
      const read = withCopy(stopped.living, fd, (own) => ({
        modes: readTerminalModes(own),
        changedNs: readChangeTimeNs(own),
      }));
      const { modes, changedNs = 0n } = read ?? {};
      if (modes === undefined) return [];
      const foreground = stat?.terminal === device ? foregroundOf(stat) : undefined;
      return [{ device, path, changedNs, modes: new Uint8Array(modes), foreground }];
    });
    const isSame =
      before?.length === images.length &&
      images.every((image, index) => {
        const former = before[index];
        return former !== undefined && isSameTerminal(former, image);
      });
    return isSame ? before : images;
  }

  /** Nothing has to be acquired: what cannot be reached is named. */
  prepare(_stopped: Stopped, image: TerminalsImage): TerminalsImage {
    return image;
  }

  apply(stopped: Stopped, wanted: TerminalsImage): Applied {
    return wanted.length === 0 ? {} : { lost: this.putAllBack(stopped, wanted) };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: TerminalsImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): TerminalsImage {
    return decodeImage(VERSION, bytes) as TerminalsImage;
  }

  close(): void {
    // Holds nothing.
  }

  /** What cannot be reached, for whatever reason, is named. */
  private putAllBack(stopped: Stopped, wanted: TerminalsImage): Named[] {
    return wanted.flatMap((image) => {
      try {
        const found = this.find(stopped).find(({ device }) => device === image.device);
        return putBack(stopped, image, found, () => this.findMaster(stopped, image.device));
      } catch (error) {
        const text = `terminal ${image.path}: ${asBelayError(error).message}`;
        return [{ bit: LOST.terminals, text }];
      }
    });
  }

  /** The number of the other end of a pseudo-terminal. */
  private findMaster({ living }: Stopped, device: number): number | undefined {
    const masters = findMasters(living, this.descriptors.table, this.knownMasters);
    return masters.find((master) => master.device === device)?.fd;
  }

  private find({ living }: Stopped): readonly FoundTerminal[] {
    const { table } = this.descriptors;
    if (table === this.table) return this.found;
    this.found = findTerminals(living, table, this.known);
    this.table = table;
    return this.found;
  }
}

function foregroundOf(stat: {
  readonly terminalForegroundGroup: number;
  readonly processGroup: number;
}): Foreground {
  const group = stat.terminalForegroundGroup;
  return { group, isOwn: group === stat.processGroup };
}

function putBack(
  stopped: Stopped,
  image: TerminalImage,
  found: FoundTerminal | undefined,
  findMaster: () => number | undefined,
): Named[] {
  const lost = (text: string): Named[] => [
    { bit: LOST.terminals, text: `terminal ${image.path}: ${text}` },
  ];
  const named: Named[] = [];
  const { foreground } = image;
  if (foreground !== undefined) {
    const stat = readStat(stopped.living);
    if (stat?.terminal !== image.device) return lost('it is not the controlling terminal any more');
    const isElsewhere = stat.terminalForegroundGroup !== foreground.group;
    if (isElsewhere && stat.session !== stopped.pid) {
      return foreground.isOwn ? lost('another group is in its foreground now, with its modes') : [];
    }
    if (isElsewhere && bringForward(stopped, foreground.group, found)) {
      const group = stat.terminalForegroundGroup;
      if (group !== stat.processGroup) {
        named.push({ bit: 0, text: `terminal ${image.path}: ${sendBack(group)}` });
      }
    } else if (isElsewhere) named.push(...lost('its foreground is not what it was'));
    if (!foreground.isOwn) return named;
  }
  const write = (own: number): boolean => {
    const now = readTerminalModes(own);
    if (now !== undefined && Buffer.compare(now, image.modes) === 0) return true;
    return writeTerminalModes(own, image.modes);
  };
  const isBack =
    found === undefined
      ? withOpened(stopped.living, image, findMaster(), write)
      : withCopy(stopped.living, found.fd, write);
  return isBack === true ? named : [...named, ...lost('its modes are not what they were')];
}

/**
 * Who had the foreground is told what the kernel tells those who begin to read in the background:
 * whoever is in a read already would go on taking what is typed.
 */
function sendBack(group: number): string {
  const isTold = group > 0 && kill(-group, SIGTTIN) === 0;
  return `group ${group} had its foreground${isTold ? ', and was sent SIGTTIN' : ''}`;
}

/** Only a process of the session may say who is in the foreground: it does so itself. */
function bringForward(stopped: Stopped, group: number, found: FoundTerminal | undefined): boolean {
  const { pid, ownIds } = stopped;
  const isKnown = group > 0 && (group === pid || ownIds.of(pid).length === 1);
  if (found === undefined || !isKnown) return false;
  const { calls, scratch } = stopped.remote();
  const id = Buffer.alloc(4);
  id.writeInt32LE(group === pid ? ownIds.ownIdOf(pid) : group);
  return calls.call(SYS.ioctl, found.fd, TIOCSPGRP, scratch.put(id)) === 0;
}
