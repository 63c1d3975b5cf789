/**
 * Parses /proc/PID/fdinfo/FD: offset and flags of an open file description.
 *
 * Source: proc_pid_fdinfo(5).
 */
import { parseFields } from './fields.ts';

export interface FdInfo {
  /** The offset; 64 bits, for some files (/proc/PID/mem) it has them all. */
  readonly pos: bigint;
  /** As in open(2), close-on-exec included. */
  readonly flags: number;
  readonly mountId: number;
  /** Undefined before Linux 5.14. */
  readonly inode?: bigint;
  /** What this kind of file adds, by key: `eventfd-count`, `clockid`, `sigmask`, … */
  readonly extra: ReadonlyMap<string, string>;
}

const COMMON_KEYS: ReadonlySet<string> = new Set(['pos', 'flags', 'mnt_id', 'ino']);

/**
 * Parses the text of /proc/PID/fdinfo/FD.
 *
 * @returns undefined when the text is not a whole one, as when the descriptor was closed.
 */
export function parseFdInfo(text: string): FdInfo | undefined {
  const fields = parseFields(text);
  const pos = fields.get('pos') ?? '';
  const flags = fields.get('flags') ?? '';
  const mountId = fields.get('mnt_id') ?? '';
  const inode = fields.get('ino');
  if (!/^-?[0-9]+$/.test(pos) || !/^[0-7]+$/.test(flags) || !/^[0-9]+$/.test(mountId)) {
    return undefined;
  }
  return {
    pos: BigInt(pos),
    flags: Number.parseInt(flags, 8),
    mountId: Number(mountId),
    ...(inode !== undefined && /^[0-9]+$/.test(inode) && { inode: BigInt(inode) }),
    extra: new Map([...fields].filter(([key]) => !COMMON_KEYS.has(key))),
  };
}
