/**
 * The one base class of belay's operating failures, and its closed set of stable codes.
 *
 * An expected outcome (the target is gone) is a value, not one of these; a mistake of our own is a
 * failed assertion. Messages read `cannot do X to Y: why`. Every code has a line in docs/errors.md.
 */
import { escapeControls } from './plain-text.ts';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** The stable codes of {@link BelayError}: programs may compare them, so none is ever renamed. */
export const ERROR_CODES = [
  'EUSAGE',
  'ENOTSUPERVISED',
  'EALREADYTRACED',
  'EPERM',
  'ESRCH',
  'EBADF',
  'ENOMEM',
  'EAGAIN',
  'EUNSUPPORTED',
  'EPROTOCOL',
  'EINTERNAL',
  'ENOTFOUND',
  'ENOTEXECUTABLE',
  'EFALLBACK',
  'ETIMEOUT',
  'ECONNLOST',
  'EAMBIGUOUS',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Whether a code that came from elsewhere, such as a supervisor's reply, is one of ours. */
export function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code);
}

export interface BelayErrorOptions {
  /** What the user can do about it: one sentence, printed on a line of its own. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Something belay was asked to do and could not. Its text is harmless for a terminal, whatever
 * names are in it.
 *
 * @example
 * throw new BelayError('ESRCH', 'cannot attach to process 4711: no such process');
 */
export class BelayError extends Error {
  readonly code: string;
  declare readonly hint?: string;

  constructor(code: ErrorCode, message: string, options: BelayErrorOptions = {}) {
    super(escapeControls(message), 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'BelayError';
    this.code = code;
    if (options.hint !== undefined) this.hint = escapeControls(options.hint);
  }
}

/** What a failed system call was about. */
export interface SyscallErrorDetails {
  /** The system call, or library function, that failed: `process_vm_readv`. */
  readonly syscall: string;
  /** The kernel's error number, positive. */
  readonly errno: number;
  /** The thread it was about. */
  readonly tid?: number;
  /** The address in the target it was about. */
  readonly address?: number | bigint;
  readonly path?: string;
}

/**
 * A system call that the kernel refused. Fields are named as on Node's own system errors; `code` is
 * the kernel's name for the error, not one of {@link ERROR_CODES}. The message gets its `why` here.
 *
 * @example
 * new SyscallError('cannot read memory', { syscall: 'process_vm_readv', errno: 3 }).message;
 * // cannot read memory: no such process (process_vm_readv: ESRCH)
 */
export class SyscallError extends BelayError {
  override readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  declare readonly tid?: number;
  declare readonly address?: number | bigint;
  declare readonly path?: string;

  constructor(action: string, details: SyscallErrorDetails, options: BelayErrorOptions = {}) {
    const code = errnoName(details.errno);
    const why = getSystemErrorMessage(-details.errno);
    super('EINTERNAL', `${action}: ${why} (${describeCall(details)}: ${code})`, options);
    this.name = 'SyscallError';
    this.code = code;
    this.errno = details.errno;
    this.syscall = details.syscall;
    if (details.tid !== undefined) this.tid = details.tid;
    if (details.address !== undefined) this.address = details.address;
    if (details.path !== undefined) this.path = details.path;
  }
}

function describeCall({ syscall, tid, address, path }: SyscallErrorDetails): string {
  return [
    syscall,
    tid === undefined ? '' : ` for thread ${tid}`,
    address === undefined ? '' : ` at 0x${address.toString(16)}`,
    path === undefined ? '' : ` on ${path}`,
  ].join('');
}

/** The kernel's name of a positive error number: 3 is `ESRCH`; `E516` for one without a name. */
export function errnoName(errno: number): string {
  const name = getSystemErrorName(-errno);
  return /^E[A-Z0-9]+$/.test(name) ? name : `E${errno}`;
}

/** Whatever was thrown, as an error of ours. */
export function asBelayError(error: unknown): BelayError {
  if (error instanceof BelayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BelayError('EINTERNAL', `cannot go on: ${message}`, { cause: error });
}
