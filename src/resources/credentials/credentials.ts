/**
 * Who the program is: users, groups, capabilities, no_new_privs. None of it is put back: what was
 * dropped is dropped for good, and that is as it should be. What has changed since the point is
 * named; and a program that has become root since does not go on as root in code that was not.
 *
 * The image is the text of /proc/PID/status about it, compared byte by byte at each point.
 */
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, Obstacle, type Applied, type Named, type Resource } from '../resource.ts';
import type { StatusLines } from '../status-lines.ts';
import type { Stopped } from '../stopped.ts';

const VERSION = 1;
/** As in the line: real, effective, saved, of the file system. */
const IN_EFFECT = [1, 3];

/** By the line that tells of it. */
const WHAT: Readonly<Record<string, string>> = {
  Uid: 'users',
  Gid: 'groups',
  Groups: 'supplementary groups',
  CapInh: 'inheritable capabilities',
  CapPrm: 'permitted capabilities',
  CapEff: 'effective capabilities',
  CapBnd: 'bounding capabilities',
  CapAmb: 'ambient capabilities',
  NoNewPrivs: 'no_new_privs',
};

export class Credentials implements Resource<Uint8Array, readonly Named[]> {
  readonly name = 'credentials';
  private readonly status: StatusLines;

  constructor(status: StatusLines) {
    this.status = status;
  }

  capture(_stopped: Stopped, before: Uint8Array | undefined): Uint8Array {
    const { status } = this;
    return before !== undefined && status.isSameIdentity(before) ? before : status.copyIdentity();
  }

  prepare(_stopped: Stopped, image: Uint8Array): readonly Named[] | Obstacle {
    if (this.status.isSameIdentity(image)) return [];
    return compareCredentials(parseLines(image), parseLines(this.status.copyIdentity()));
  }

  apply(_stopped: Stopped, lost: readonly Named[]): Applied {
    return { lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: Uint8Array): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): Uint8Array {
    return decodeImage(VERSION, bytes) as Uint8Array;
  }

  close(): void {
    // The lines are those of the signals, which close them.
  }
}

/** What has changed, by the lines of a status; an obstacle where that is more than was. */
export function compareCredentials(
  then: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly Named[] | Obstacle {
  const lost: Named[] = [];
  for (const [line, value] of now) {
    const former = then.get(line);
    if (former === value) continue;
    if (hasBecomeRoot(line, former ?? '', value)) {
      return new Obstacle(`it has become root since (${line}: ${former ?? ''}, now ${value})`);
    }
    const change = `${former ?? ''}, now ${value}`;
    const text = `its ${WHAT[line] ?? line} have changed since, and stay: ${change}`;
    lost.push({ bit: LOST.privileges, text });
  }
  return lost;
}

function hasBecomeRoot(line: string, former: string, value: string): boolean {
  if (line !== 'Uid' && line !== 'Gid') return false;
  const [then, now] = [former.split(' '), value.split(' ')];
  return IN_EFFECT.some((index) => now[index] === '0' && then[index] !== '0');
}

/** "Uid:\t0\t0\t0\t0" as "Uid", "0 0 0 0". */
function parseLines(text: Uint8Array): Map<string, string> {
  const lines = Buffer.from(text).toString('latin1').trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [name = '', ...values] = line.trimEnd().split(/[:\s]+/);
      return [name, values.join(' ')];
    }),
  );
}
