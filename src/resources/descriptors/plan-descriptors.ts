/**
 * Plans how one table of descriptors becomes that of a point: what to close, what to put where.
 *
 * A number whose file is still open somewhere in the program gets it from there. That can be a
 * number that shared the open file at the point, or one that was made since, as by a program that
 * keeps a copy of its output aside while it redirects it.
 */
import {
  isOneOfMany,
  isSameFile,
  openFileOf,
  type DescriptorImage,
  type DescriptorsImage,
} from './descriptor-image.ts';
import { findSubstitute, NO_SUBSTITUTES, type Substitutes } from './made-pairs.ts';
import { findMixed, type Sharing } from './sharing.ts';

/** A number of the point that leads elsewhere now, or nowhere. */
export interface Refill {
  readonly image: DescriptorImage;
  /** What it leads to now; undefined: it was closed. */
  readonly present: DescriptorImage | undefined;
  /** A number that leads to its file; undefined: none does. */
  readonly source: number | undefined;
}

/** A number that leads to its own file, of which something else has changed. */
export interface Settle {
  readonly image: DescriptorImage;
  readonly present: DescriptorImage;
}

/** An open file of ours that the program is given. */
export interface ClaimedFile {
  readonly fd: number;
  /** Of the end of a pipe: `fd` leads to its inode alone, to be opened with these. */
  readonly flags?: number;
  /** What becomes of the number, in words for the log, and the kind that is lost by it, if any. */
  readonly text: string;
  readonly bit: number;
  /** Of what was made anew: what it holds already, as an image has it. */
  readonly content?: Uint8Array;
}

/** By `openFileOf`. */
export type ClaimedFiles = ReadonlyMap<string, ClaimedFile>;

export interface DescriptorSteps {
  readonly refills: readonly Refill[];
  readonly settles: readonly Settle[];
  /** Opened since. */
  readonly extras: readonly DescriptorImage[];
}

export function planDescriptors(
  wanted: DescriptorsImage,
  now: DescriptorsImage,
  sharing: Sharing,
  substitutes: Substitutes = NO_SUBSTITUTES,
): DescriptorSteps {
  const settles: Settle[] = [];
  const sets: Settle[] = [];
  const missing: { image: DescriptorImage; present: DescriptorImage | undefined }[] = [];
  const staying: DescriptorImage[] = [];
  const extras = new Map(now.map((image) => [image.fd, image]));
  const mixed = findMixed(wanted, extras, sharing);
  for (const image of wanted) {
    const present = extras.get(image.fd);
    extras.delete(image.fd);
    const isIts = present !== undefined && isSameFile(present, image) && !mixed.has(image.fd);
    const substitute = findSubstitute(substitutes, image);
    if (!isIts || substitute !== undefined || sharing.isThat(image.fd, image) === false) {
      missing.push({ image, present });
      continue;
    }
    staying.push(image);
    if (present !== image) settles.push({ image, present });
    else if (image.kind === 'epoll') sets.push({ image, present });
  }
  // They read as before where what they watch is another of its kind now.
  if (missing.length > 0) settles.push(...sets);
  const steps = { settles, extras: [...extras.values()] };
  if (missing.length === 0) return { ...steps, refills: [] };
  const sources = new Sources(now, staying, sharing);
  const settled = new Set(settles.map(({ image }) => image.description));
  const refills = missing.map(({ image, present }) => {
    const substitute = findSubstitute(substitutes, image);
    if (substitute !== undefined) return { image, present, source: substitute.fd };
    const source = sources.find(image);
    const isToSettle = image.content !== undefined && !settled.has(image.description);
    if (source !== undefined && isToSettle) settles.push({ image, present: source });
    settled.add(image.description);
    return { image, present, source: source?.fd };
  });
  return { ...steps, refills };
}

/** The same, and what is to be put into what was made anew, as far as it is not there already. */
export function withMade(steps: DescriptorSteps, claimed: ClaimedFiles): DescriptorSteps {
  const made = new Map<string, Settle>();
  for (const { image, source } of steps.refills) {
    const key = openFileOf(image);
    const content = claimed.get(key)?.content;
    if (source !== undefined || content === undefined || made.has(key)) continue;
    made.set(key, { image, present: { ...image, content } });
  }
  return made.size === 0 ? steps : { ...steps, settles: [...steps.settles, ...made.values()] };
}

/** Open files of the program, and which of the point's each of them stands for. */
class Sources {
  private readonly now: ReadonlyMap<number, readonly DescriptorImage[]>;
  private readonly bound: Map<number, DescriptorImage[]>;
  private readonly sharing: Sharing;

  constructor(now: DescriptorsImage, staying: DescriptorsImage, sharing: Sharing) {
    this.now = groupByInode(now);
    this.bound = groupByInode(staying);
    this.sharing = sharing;
  }

  /** A number that leads to what the image's led to: what stands for it, or stands for nothing. */
  find(image: DescriptorImage): DescriptorImage | undefined {
    const found = this.now
      .get(image.inode)
      ?.find((other) => isSameFile(other, image) && this.canServe(other, image));
    if (found !== undefined) this.bind(found.fd, image);
    return found;
  }

  private canServe({ fd }: DescriptorImage, image: DescriptorImage): boolean {
    const { inode, kind, description } = image;
    const bound = this.bound.get(inode) ?? [];
    // Of these there is one open file, or one for each direction.
    if (kind === 'socket' || kind === 'pipe') return true;
    const owner = bound.find((each) => each.fd === fd || this.sharing.isOne(each.fd, fd));
    if (owner !== undefined) return owner.description === description;
    // Others look alike: one that came since may be another one.
    if (isOneOfMany(image)) return this.sharing.isThat(fd, image) === true;
    return !bound.some((each) => each.description === description);
  }

  private bind(fd: number, image: DescriptorImage): void {
    const bound = this.bound.get(image.inode);
    if (bound === undefined) this.bound.set(image.inode, [{ ...image, fd }]);
    else bound.push({ ...image, fd });
  }
}

function groupByInode(images: DescriptorsImage): Map<number, DescriptorImage[]> {
  const groups = new Map<number, DescriptorImage[]>();
  for (const image of images) {
    const group = groups.get(image.inode);
    if (group === undefined) groups.set(image.inode, [image]);
    else group.push(image);
  }
  return groups;
}
