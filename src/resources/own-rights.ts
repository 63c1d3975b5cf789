/**
 * What a program may open by its own rights, as far as modes of files and directories tell.
 *
 * Source: credentials(7); path_resolution(7), "Permissions".
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { parseFields } from '../procfs/fields.ts';
import type { FileStatus } from '../sys/statx.ts';

const READ = 4;
const READ_AND_WRITE = 6;
const SEARCH = 1;
const CAP_DAC_OVERRIDE = 1n << 1n;
const SLASH = 0x2f;

export class OwnRights {
  /** Alike if the rights are. */
  readonly text: string;
  private readonly uid: number;
  private readonly groups: ReadonlySet<number>;
  /** May open what it likes: root, and not only in a user namespace of its own. */
  private readonly isRoot: boolean;
  private readonly searchable = new Map<string, boolean>();

  /** Those that the main thread of process `pid` has now. */
  constructor(pid: number) {
    const fields = parseFields(readFileSync(`/proc/${pid}/status`, 'latin1'));
    const lines = ['Uid', 'Gid', 'Groups', 'CapEff'].map((name) => fields.get(name) ?? '');
    const [uids, gids, more = [], capabilities] = lines.map((line) => line.split(/\s+/));
    const space = readlinkSync(`/proc/${pid}/ns/user`);
    this.text = [...lines, space].join('\n');
    this.uid = Number(uids?.[3] ?? -1);
    this.groups = new Set([gids?.[3] ?? '', ...more].filter((id) => id !== '').map(Number));
    const isMighty = (BigInt(`0x${capabilities?.[0] ?? '0'}`) & CAP_DAC_OVERRIDE) !== 0n;
    this.isRoot = this.uid === 0 && isMighty && space === readlinkSync('/proc/self/ns/user');
  }

  /** By the mode of the file alone. */
  mayOpen(file: FileStatus, isWriting: boolean): boolean {
    return this.isGranted(file, isWriting ? READ_AND_WRITE : READ);
  }

  /**
   * Whether every directory on the way to `path`, from its root on, may be searched; `lookAt` tells
   * of each. One that nobody can tell of now is taken to be.
   */
  mayReach(
    path: Buffer,
    lookAt: (directory: Buffer) => FileStatus | 'untold' | undefined,
  ): boolean {
    const end = path.lastIndexOf(SLASH);
    if (this.isRoot || end <= 0) return true;
    const directory = path.subarray(0, end);
    const key = directory.toString('latin1');
    const known = this.searchable.get(key);
    if (known !== undefined) return known;
    const found = lookAt(directory);
    const isOpen = found === 'untold' || (found !== undefined && this.isGranted(found, SEARCH));
    const may = isOpen && this.mayReach(directory, lookAt);
    this.searchable.set(key, may);
    return may;
  }

  private isGranted({ mode, uid, gid }: FileStatus, wanted: number): boolean {
    if (this.isRoot) return true;
    const bits = uid === this.uid ? mode >> 6 : this.groups.has(gid) ? mode >> 3 : mode;
    return (bits & wanted) === wanted;
  }
}
