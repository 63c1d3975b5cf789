/**
 * A pipe of ours, through which bytes come out of the program's pipes and back into them. Pages go
 * from pipe to pipe as they are, packets too, and nothing waits whatever the program's flags say.
 */
import { O_NONBLOCK } from '../../sys/descriptor-flags.ts';
import { close, openOrThrow, O_RDWR } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import {
  getPipeSize,
  openPipe,
  readableBytes,
  readPipe,
  setPacketMode,
  setPipeSize,
  writePipe,
  type PipeEnds,
} from '../../sys/pipe.ts';
import { splice, tee } from '../../sys/splice.ts';

const FIRST_SIZE = 64 << 10;
const ALL = 0x7ffff000;

export class Relay {
  private readonly ends: PipeEnds = openPipe(O_NONBLOCK);
  private readonly nothing = openOrThrow('/dev/null', O_RDWR);
  private sizeBytes = getPipeSize(this.ends.readEnd);
  private isPacketed = false;
  /** And a byte more, by which a packet shows that is longer than it should be. */
  private room = new NativeBuffer(FIRST_SIZE + 1);

  /** Have room for as much as fits into a pipe of this size; false where that is refused. */
  hasRoomFor(sizeBytes: number): boolean {
    if (sizeBytes > this.sizeBytes) {
      const size = setPipeSize(this.ends.writeEnd, sizeBytes);
      if (size > 0) this.sizeBytes = size;
    }
    if (sizeBytes >= this.room.bytes.length) this.room = new NativeBuffer(sizeBytes + 1);
    return sizeBytes <= this.sizeBytes;
  }

  /** What is in a pipe: packets, or all of it in one piece; undefined: it cannot be told. */
  copy(from: number, sizeBytes: number): Uint8Array[] | undefined {
    const pieces: Uint8Array[] = [];
    let left = tee(from, this.ends.writeEnd, ALL);
    if (left !== sizeBytes) {
      this.empty(this.ends.readEnd);
      return undefined;
    }
    while (left > 0) {
      const size = readPipe(this.ends.readEnd, this.room.address, left);
      if (size <= 0) return undefined;
      pieces.push(new Uint8Array(this.room.bytes.subarray(0, size)));
      left -= size;
    }
    return pieces;
  }

  /** Whether so many bytes in a pipe are one packet: what is not read of it at once is lost. */
  isPacket(from: number, sizeBytes: number): boolean {
    const { readEnd, writeEnd } = this.ends;
    if (sizeBytes < 2 || tee(from, writeEnd, ALL) !== sizeBytes) return false;
    const isAlone = readPipe(readEnd, this.room.address, sizeBytes - 1) === sizeBytes - 1;
    const rest = readableBytes(readEnd);
    this.empty(readEnd);
    return isAlone && rest === 0;
  }

  /** Whether that is what is in a pipe. */
  holds(from: number, sizeBytes: number, pieces: readonly Uint8Array[]): boolean {
    const { room } = this;
    const isTold = tee(from, this.ends.writeEnd, ALL) === sizeBytes;
    const isSame = pieces.every((piece) => {
      const size = readPipe(this.ends.readEnd, room.address, piece.length + 1);
      return size === piece.length && room.bytes.compare(piece, 0, size, 0, size) === 0;
    });
    this.empty(this.ends.readEnd);
    return isTold && isSame;
  }

  /** Take all that is in a pipe away. */
  empty(from: number): void {
    while (splice(from, this.nothing, ALL) > 0);
  }

  /** Put bytes into a pipe, as one packet each where they are some; false where no room is left. */
  put(to: number, pieces: readonly Uint8Array[], isPacketed: boolean): boolean {
    const { writeEnd, readEnd } = this.ends;
    if (isPacketed !== this.isPacketed) setPacketMode(writeEnd, isPacketed);
    this.isPacketed = isPacketed;
    for (const piece of pieces) {
      this.room.bytes.set(piece);
      const isWhole =
        writePipe(writeEnd, this.room.address, piece.length) === piece.length &&
        splice(readEnd, to, ALL) === piece.length;
      if (isWhole) continue;
      this.empty(readEnd);
      return false;
    }
    return true;
  }

  close(): void {
    close(this.ends.readEnd);
    close(this.ends.writeEnd);
    close(this.nothing);
  }
}
