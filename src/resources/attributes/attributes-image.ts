/** What a process has as a whole, as plain data. */

/** A directory: which it is, and where it was. */
export interface DirectoryImage {
  readonly device: number;
  readonly inode: number;
  readonly mountId: number;
  /** As the kernel tells it to us, latin1. */
  readonly path: string;
}

export interface AttributesImage {
  readonly directory: DirectoryImage | undefined;
  readonly root: DirectoryImage | undefined;
  /** The lines Umask, NSpgid and NSsid of /proc/PID/status. */
  readonly standing: Uint8Array;
  /** /proc/PID/limits. */
  readonly limits: Uint8Array;
  /** /proc/PID/oom_score_adj. */
  readonly oomScore: Uint8Array;
  /** /proc/PID/coredump_filter: which mappings a core dump has. */
  readonly coreFilter: Uint8Array;
}
