/** The floor: what one ptrace stop and resume costs on this machine, now. */
import { readFileSync } from 'node:fs';
import { rowOf, type Finding } from './finding.ts';
import { sampleAlone } from './program.ts';
import { median } from './statistics.ts';

/** Chosen: a few milliseconds of work, many times in a run. */
const ROUNDS = 1000;

export class Floor {
  private readonly near: number[] = [];
  private readonly far: number[] = [];

  /** Measure once more: called between other measurements, for the machine's mood changes. */
  async measure(): Promise<void> {
    const [first = 0, second] = readProcessors();
    this.near.push(...(await sampleAlone('floor', ROUNDS, first, first)));
    if (second !== undefined) {
      this.far.push(...(await sampleAlone('floor', ROUNDS, first, second)));
    }
  }

  /** The one on which the floor is measured. */
  readonly processor = readProcessors()[0] ?? 0;

  /** The median in nanoseconds of what was measured until now: once at least. */
  get ns(): number {
    return median(this.near);
  }

  get findings(): Finding[] {
    const rows = [
      {
        ...rowOf('ptrace stop and resume, one processor', this.near),
        why: 'the floor: a tracer in C that does nothing, on the tracee’s processor',
      },
      {
        ...rowOf('ptrace stop and resume, two processors', this.far),
        why: 'the same across processors, as a point of a program that nobody has bound to one',
      },
    ];
    return rows.filter(({ value }) => !Number.isNaN(value));
  }
}

/** The processors this process may run on, such as 0 and 1 of `0-1,4`. */
function readProcessors(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
