/**
 * Who else has an open file of the program's. Open files come to others by fork(2), mostly under
 * the same number; so its parent, its children and its parent's other children are looked at.
 */
import { isSameFile as areOneFile } from '../../sys/process.ts';
import { findRelatives, linksOf } from '../relatives.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorImage } from './descriptor-image.ts';

export interface Holders {
  /** Another process that has the open file to which the number of the image leads now. */
  readonly find: (image: DescriptorImage) => number | undefined;
}

/** For one rollback: the processes are looked for when they are first asked for. */
export function makeHolders(stopped: Stopped): Holders {
  let relatives: readonly number[] | undefined;
  return {
    find: (image) => {
      relatives ??= findRelatives(stopped);
      return relatives.find((relative) => hasIt(stopped.living, image, relative));
    },
  };
}

function hasIt(tid: number, { fd, link }: DescriptorImage, other: number): boolean {
  const isIt = (number: number): boolean => areOneFile(tid, fd, other, number);
  return isIt(fd) || numbersOf(other, link).some(isIt);
}

/** The numbers by which a process has something of this name open. */
function numbersOf(pid: number, link: string): number[] {
  return [...linksOf(pid)].filter(([, name]) => name === link).map(([number]) => number);
}
