/** Finds the program's number for an open file of which we have a descriptor for a moment. */
import { readFileSync } from 'node:fs';
import { isSameFile as areOneFile } from '../../sys/process.ts';
import type { Leading } from './find-channels.ts';
import type { FindNumber } from './socket-content.ts';

const INODE = /^ino:\s*(\d+)$/m;

/** @param tid a thread of the program, whose table this is */
export function numberFinder(tid: number, table: readonly Leading[]): FindNumber {
  return (own) => {
    const text = readFileSync(`/proc/self/fdinfo/${own}`, 'latin1');
    const inode = Number(INODE.exec(text)?.[1] ?? -1);
    const image = table.find(
      (each) => each.inode === inode && areOneFile(process.pid, own, tid, each.fd),
    );
    return image?.fd ?? -1;
  };
}
