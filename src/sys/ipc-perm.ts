/**
 * Whose a System V object is, and who may use it: what IPC_STAT tells, and IPC_SET sets, of
 * semaphores, queues and segments alike.
 *
 * Source: include/uapi/asm-generic/{ipcbuf,msgbuf}.h, struct ipc64_perm; msgctl(2), semctl(2).
 */

/** By its creator, its owner, or with CAP_SYS_ADMIN. */
export const IPC_SET = 1;

const UID = 4;
const GID = 8;
const MODE = 20;
/** Of a queue: how much may be in it. */
const MSG_QBYTES = 88;
const MODE_BITS = 0o777;
/** Larger than any of msqid64_ds, semid64_ds and shmid64_ds. */
const STATUS_SIZE = 128;

export interface IpcRights {
  readonly uid: number;
  readonly gid: number;
  /** The lower nine bits. */
  readonly mode: number;
}

export function parseIpcRights(status: Buffer): IpcRights {
  return {
    uid: status.readUInt32LE(UID),
    gid: status.readUInt32LE(GID),
    mode: status.readUInt32LE(MODE) & MODE_BITS,
  };
}

/** As IPC_SET takes them. @param maxBytes how much may be in it, of a queue */
export function encodeIpcRights({ uid, gid, mode }: IpcRights, maxBytes: number): Buffer {
  const status = Buffer.alloc(STATUS_SIZE);
  status.writeUInt32LE(uid, UID);
  status.writeUInt32LE(gid, GID);
  status.writeUInt32LE(mode, MODE);
  status.writeBigUInt64LE(BigInt(maxBytes), MSG_QBYTES);
  return status;
}
