/**
 * The PROCMAP_QUERY ioctl of /proc/PID/maps (Linux 6.11): mappings one by one, without the text.
 *
 * Source: include/uapi/linux/fs.h, struct procmap_query.
 */
import { at } from '../at.ts';
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';
import { open, useAndClose, O_RDONLY } from './file.ts';
import { deviceName, makeDevice } from './statx.ts';

const PROCMAP_QUERY = 0xc0686611; // _IOWR('f', 17, struct procmap_query)
const PROCMAP_QUERY_VMA_SHARED = 0x08;
const PROCMAP_QUERY_COVERING_OR_NEXT_VMA = 0x10;
const PROCMAP_QUERY_FILE_BACKED_VMA = 0x20;
const QUERY_SIZE = 104;
const FIELD = { size: 0, flags: 8, address: 16, end: 32, inode: 64 };
const MAJOR_WORD = 18;
const ENOENT = 2;
const ESRCH = 3;

const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const query = new NativeBuffer(QUERY_SIZE);

/** A file that is mapped, as /proc/PID/maps has it. */
export interface MappedFile {
  readonly device: string;
  readonly inode: number;
}

/** What a process has mapped shared; empty where it cannot be seen; undefined: no such ioctl. */
export function listSharedFiles(pid: number): MappedFile[] | undefined {
  const found: MappedFile[] = [];
  const errno = useAndClose(open(`/proc/${pid}/maps`, O_RDONLY), (fd) => {
    for (let address = 0; ; address = query.getUint64(FIELD.end)) {
      query.bytes.fill(0);
      query.setUint64(FIELD.size, QUERY_SIZE);
      query.setUint64(
        FIELD.flags,
        PROCMAP_QUERY_VMA_SHARED |
          PROCMAP_QUERY_COVERING_OR_NEXT_VMA |
          PROCMAP_QUERY_FILE_BACKED_VMA,
      );
      query.setUint64(FIELD.address, address);
      if (toNumber(ioctl(fd, PROCMAP_QUERY, query.address)) !== 0) return errnoNow();
      const dev = makeDevice(at(query.words, MAJOR_WORD), at(query.words, MAJOR_WORD + 1));
      found.push({ device: deviceName(dev), inode: query.getUint64(FIELD.inode) });
    }
  });
  return errno === undefined || errno === ENOENT || errno === ESRCH ? found : undefined;
}
