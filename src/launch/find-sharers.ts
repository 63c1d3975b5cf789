/** Who shares the memory of a process that is attached to: those that are ours, and strangers. */
import { readdirSync } from 'node:fs';
import type { Program } from '../supervisor/program.ts';
import { noteSharing } from '../supervisor/births.ts';
import { isSameMemory } from '../sys/process.ts';

/** Those that begin from now on are told of, whoever of ours they come from. */
export function findSharers({ processes }: Program): void {
  const ours = [...processes.values()];
  const strangers = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => !processes.has(pid));
  for (const [index, process_] of ours.entries()) {
    for (const earlier of ours.slice(0, index)) noteSharing(process_, earlier);
    for (const pid of strangers) {
      if (isSameMemory(process_.group.living, pid)) process_.sharers.add({ pid, living: pid });
    }
  }
}
