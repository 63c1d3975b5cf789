/** How long a call that was broken off may wait: read where the program put it. */
import { COMPAT_CALLS } from '../arch/x64/compat-calls.ts';
import type { Registers } from '../arch/x64/registers.ts';
import {
  hasFutexSpan,
  hasRingLimit,
  hasSleepSpan,
  RING_LIMIT_OFFSET,
  SPLICE_TARGET_ARGUMENT,
  type TimedCall,
} from '../arch/x64/timed-calls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { getSocketTimeoutMs, SO_RCVTIMEO, SO_SNDTIMEO } from '../sys/getsockopt.ts';
import { readTerminalMode } from './read-file-kind.ts';
import { withDescriptor } from './with-descriptor.ts';

const TIMESPEC_SIZE = 16;
const RING_FLAGS_ARGUMENT = 3;

/** Milliseconds; undefined: without a limit. */
export function readLimitMs(
  process_: TracedProcess,
  registers: Registers,
  call: TimedCall,
): number | undefined {
  const value = registers.getIntArgument(call.argument);
  const address = registers.getArgument(call.argument);
  switch (call.limit) {
    case 'milliseconds':
      return value < 0 ? undefined : value;
    case 'futex':
      if (!hasFutexSpan(registers.getIntArgument(1))) return undefined;
      return readSpan(process_, registers, address, 1e6);
    case 'sleep':
      if (!hasSleepSpan(registers.getIntArgument(0), registers.getIntArgument(1))) return undefined;
      return readSpan(process_, registers, address, 1e6);
    case 'timespec':
      return readSpan(process_, registers, address, 1e6);
    case 'timeval':
      return readSpan(process_, registers, address, 1e3);
    case 'ring-argument':
      return readRingLimit(process_, registers, address);
    case 'receive-option':
      return readOptionMs(process_, value, SO_RCVTIMEO) ?? readTerminalMs(process_, value);
    case 'send-option':
      return readOptionMs(process_, value, SO_SNDTIMEO);
    case 'splice-options': {
      const target = registers.getIntArgument(SPLICE_TARGET_ARGUMENT);
      const limitMs = readOptionMs(process_, value, SO_RCVTIMEO);
      return limitMs ?? readOptionMs(process_, target, SO_SNDTIMEO);
    }
  }
}

function readOptionMs(process_: TracedProcess, fd: number, option: number): number | undefined {
  const limitMs = withDescriptor(process_, fd, (own) => getSocketTimeoutMs(own, option));
  return limitMs === 0 ? undefined : limitMs;
}

function readTerminalMs(process_: TracedProcess, fd: number): number | undefined {
  const limitMs = readTerminalMode(process_, fd)?.limitMs;
  return limitMs === 0 ? undefined : limitMs;
}

/** Whether the limit in memory is what is left, since the call was last broken off. */
export function isLimitNoted(registers: Registers, call: TimedCall): boolean {
  if (call.isNoted === true || call.remainder === undefined) return call.isNoted === true;
  return registers.getArgument(call.remainder) === registers.getArgument(call.argument);
}

/** `unitsPerMs`: nanoseconds or microseconds, the second field's. */
function readSpan(
  { target }: TracedProcess,
  registers: Registers,
  address: number,
  unitsPerMs: number,
): number | undefined {
  if (address === 0) return undefined;
  const bytes = target.read(address, TIMESPEC_SIZE);
  if (registers.isCompatCall()) {
    const isShort = COMPAT_CALLS.get(registers.getInt('orig_rax'))?.hasTime32 === true;
    if (isShort && bytes.length >= 8) {
      return bytes.readInt32LE(0) * 1000 + bytes.readInt32LE(4) / unitsPerMs;
    }
  }
  if (bytes.length < TIMESPEC_SIZE) return undefined;
  return Number(bytes.readBigInt64LE(0)) * 1000 + Number(bytes.readBigInt64LE(8)) / unitsPerMs;
}

/** What nanosleep(2) leaves behind when a handler runs: the time that is left. */
export function writeRemainder(
  { target }: TracedProcess,
  registers: Registers,
  call: TimedCall,
  leftMs: number,
): void {
  const address = call.remainder === undefined ? 0 : registers.getArgument(call.remainder);
  if (address === 0) return;
  const left = Buffer.alloc(TIMESPEC_SIZE);
  const seconds = Math.floor(Math.max(leftMs, 0) / 1000);
  left.writeBigInt64LE(BigInt(seconds), 0);
  left.writeBigInt64LE(BigInt(Math.round((Math.max(leftMs, 0) - seconds * 1000) * 1e6)), 8);
  target.write(address, left);
}

function readRingLimit(
  process_: TracedProcess,
  registers: Registers,
  address: number,
): number | undefined {
  if (!hasRingLimit(registers.getIntArgument(RING_FLAGS_ARGUMENT))) return undefined;
  const bytes = process_.target.read(address + RING_LIMIT_OFFSET, 8);
  if (bytes.length < 8) return undefined;
  return readSpan(process_, registers, Number(bytes.readBigUInt64LE(0)), 1e6);
}
