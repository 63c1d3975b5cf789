/**
 * The attributes resource: what a process has as a whole, beside what other resources have: working
 * directory, umask, limits, process group, the score of the kernel's out-of-memory killer, what a
 * core dump has. All of it is seen from outside at each point; a root or a session that has changed
 * is named.
 */
import { writeFileSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import { hasOtherDirectories } from '../../sys/process.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { AttributesImage } from './attributes-image.ts';
import { changeDirectory, isSameDirectory, readDirectory } from './directories.ts';
import { KeptFile } from './kept-file.ts';
import { putLimitsBack } from './limits.ts';

const VERSION = 2;

interface StandingLines {
  standing(before: Uint8Array | undefined): Uint8Array;
}

export class Attributes implements Resource<AttributesImage, AttributesImage> {
  readonly name = 'attributes';
  private readonly status: StandingLines;
  private readonly limits = new KeptFile('limits');
  private readonly oomScore = new KeptFile('oom_score_adj');
  private readonly coreFilter = new KeptFile('coredump_filter');

  constructor(status: StandingLines) {
    this.status = status;
  }

  /** The same object as before when nothing has changed. */
  capture({ living }: Stopped, before: AttributesImage | undefined): AttributesImage {
    const directory = readDirectory(`/proc/${living}/cwd`, before?.directory);
    const root = readDirectory(`/proc/${living}/root`, before?.root);
    const standing = this.status.standing(before?.standing);
    const limits = this.limits.read(living, before?.limits);
    const oomScore = this.oomScore.read(living, before?.oomScore);
    const coreFilter = this.coreFilter.read(living, before?.coreFilter);
    const isSame =
      before !== undefined &&
      directory === before.directory &&
      root === before.root &&
      standing === before.standing &&
      limits === before.limits &&
      oomScore === before.oomScore &&
      coreFilter === before.coreFilter;
    return isSame ? before : { directory, root, standing, limits, oomScore, coreFilter };
  }

  /** Nothing has to be acquired: what is refused is named. */
  prepare(_stopped: Stopped, image: AttributesImage): AttributesImage {
    return image;
  }

  apply(stopped: Stopped, wanted: AttributesImage): Applied {
    const now = this.capture(stopped, wanted);
    if (now === wanted) return {};
    const lost = [
      ...putDirectoriesBack(stopped, now, wanted),
      ...putStandingBack(stopped, now.standing, wanted.standing),
    ];
    if (now.limits !== wanted.limits && now.limits.length > 0) {
      lost.push(...putLimitsBack(stopped, now.limits, wanted.limits));
    }
    if (now.oomScore !== wanted.oomScore && !write(stopped, 'oom_score_adj', wanted.oomScore)) {
      lost.push('oom_score_adj may not be put back');
    }
    if (now.coreFilter !== wanted.coreFilter && !writeCoreFilter(stopped, wanted.coreFilter)) {
      lost.push('coredump_filter may not be put back');
    }
    return { lost: lost.map((text): Named => ({ bit: LOST.attributes, text })) };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: AttributesImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): AttributesImage {
    return decodeImage(VERSION, bytes) as AttributesImage;
  }

  close(): void {
    this.limits.close();
    this.oomScore.close();
    this.coreFilter.close();
  }
}

function write({ living }: Stopped, name: string, text: Uint8Array): boolean {
  try {
    writeFileSync(`/proc/${living}/${name}`, text);
    return true;
  } catch {
    return false;
  }
}

/** It is told in hexadecimal digits, and read as C has numbers: with no more it were octal. */
function writeCoreFilter(stopped: Stopped, wanted: Uint8Array): boolean {
  if (wanted.length === 0) return false;
  return write(stopped, 'coredump_filter', Buffer.concat([Buffer.from('0x'), wanted]));
}

function putDirectoriesBack(
  stopped: Stopped,
  now: AttributesImage,
  wanted: AttributesImage,
): string[] {
  if (!isSameDirectory(now.root, wanted.root)) {
    const path = Buffer.from(wanted.root?.path ?? '', 'latin1').toString();
    return [`its root was ${path}: it stays, and the working directory with it`];
  }
  if (isSameDirectory(now.directory, wanted.directory) || wanted.directory === undefined) return [];
  const why = changeDirectory(stopped, wanted.directory);
  const own = [...stopped.group.threads.keys()].find((tid) =>
    hasOtherDirectories(stopped.living, tid),
  );
  return [
    ...(why === undefined ? [] : [`the working directory stays: ${why}`]),
    ...(own === undefined ? [] : [`thread ${own} has a working directory of its own: it stays`]),
  ];
}

/** Umask, process group, session. */
function putStandingBack(stopped: Stopped, now: Uint8Array, wanted: Uint8Array): string[] {
  if (now === wanted) return [];
  const [present, then] = [parse(now), parse(wanted)];
  const { calls } = stopped.remote();
  const lost: string[] = [];
  const umask = then.get('Umask');
  if (umask !== undefined && umask !== present.get('Umask')) {
    calls.call(SYS.umask, Number.parseInt(umask, 8));
  }
  const session = then.get('NSsid');
  if (session !== present.get('NSsid')) {
    return [
      `it is in a session of its own since (${String(session)} at the point), and stays there`,
    ];
  }
  const group = then.get('NSpgid');
  if (group === undefined || group === present.get('NSpgid')) return lost;
  // The innermost of the numbers is the program's own.
  const own = Number(group.split('\t').at(-1));
  if (calls.call(SYS.setpgid, 0, own) === 0) return lost;
  return [`it was in process group ${own}, which it cannot join any more`];
}

function parse(lines: Uint8Array): Map<string, string> {
  const text = Buffer.from(lines).toString('latin1').trimEnd();
  return new Map(
    text.split('\n').map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/:\t(.*)/);
      return [name, value];
    }),
  );
}
