/**
 * POSIX message queues: files of a file system of their own, which tell how full they are.
 *
 * Source: mq_overview(7); include/uapi/linux/magic.h; ipc/mqueue.c, FILENT_SIZE.
 */
import { statfsSync } from 'node:fs';
import { open, pread, useAndClose, O_NONBLOCK, O_RDONLY } from './file.ts';
import { NativeBuffer } from './libc.ts';

const MQUEUE_MAGIC = 0x19800202;
const STATUS_SIZE = 80;

/** Whether what a link in /proc leads to is a queue. */
export function isQueue(link: string): boolean {
  try {
    return statfsSync(link).type === MQUEUE_MAGIC;
  } catch {
    return false;
  }
}

/** `QSIZE:129 NOTIFY:2 SIGNO:0 NOTIFY_PID:8260`; empty where we may not read it. */
export function readQueueText(link: string): string {
  const buffer = new NativeBuffer(STATUS_SIZE);
  const size = useAndClose(open(link, O_RDONLY | O_NONBLOCK), (fd) =>
    pread(fd, buffer.address, STATUS_SIZE, 0),
  );
  return buffer.bytes.toString('latin1', 0, Math.max(size ?? 0, 0)).trimEnd();
}
