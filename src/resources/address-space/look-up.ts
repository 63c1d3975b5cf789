/**
 * What a program's paths lead to, asked while it is stopped.
 *
 * What is mapped the kernel has in memory, with all directories on the way; it is asked for that
 * first. Only where that does not do (the file was deleted, say) the file system is asked, unless
 * it is one that may not answer: then the path is `untold`.
 */
import { AT_FDCWD, O_PATH } from '../../sys/descriptor-flags.ts';
import { close, open } from '../../sys/file.ts';
import { readHandle } from '../../sys/file-handle.ts';
import { openCached, statKnown, type FileStatus } from '../../sys/statx.ts';
import { isServed, readServedMounts } from '../served-files.ts';
import { statOf } from '../stat-of.ts';
import type { ServedMount } from '../../procfs/mountinfo.ts';

const DELETED = Buffer.from(' (deleted)');

/** `handle`: what tells a file from others that have its number later; empty: nothing does. */
export interface Found {
  readonly status: FileStatus;
  readonly handle: string;
}

export class LookUp implements Disposable {
  private readonly tid: number;
  /** Opened when it is needed. */
  private root: number | undefined = undefined;
  /** Read when first needed: mostly never. */
  private served: readonly ServedMount[] | undefined = undefined;

  /** As long as thread `tid` stands still. */
  constructor(tid: number) {
    this.tid = tid;
  }

  [Symbol.dispose](): void {
    if (this.root !== undefined && this.root >= 0) close(this.root);
  }

  /** @param path from the root of the program on */
  find(path: Buffer): Found | 'untold' | undefined {
    const root = (this.root ??= open(`/proc/${this.tid}/root`, O_PATH));
    const fd = root < 0 ? root : openCached(root, path.subarray(1));
    if (fd >= 0) {
      const status = statKnown(fd);
      const handle = readHandle(fd, '');
      close(fd);
      return status === undefined ? undefined : { status, handle };
    }
    if (!this.isServed(path)) return this.ask(path);
    // The kernel knows of what it has deleted itself, and has a name so for what never had one.
    return path.subarray(-DELETED.length).equals(DELETED) ? undefined : 'untold';
  }

  /** Ask the file system, whatever it is. */
  ask(path: Buffer): Found | undefined {
    const ours = Buffer.concat([Buffer.from(`/proc/${this.tid}/root`), path]);
    const status = statOf(ours);
    return status === undefined ? undefined : { status, handle: readHandle(AT_FDCWD, ours) };
  }

  /** Whether the way there leads over a file system that may not answer. */
  private isServed(path: Buffer): boolean {
    this.served ??= readServedMounts(this.tid);
    return isServed(this.served, path.toString('latin1'));
  }
}
