/** Reads /proc/PID/maps into one buffer, once for as long as the process is held still. */
import { close, openOrThrow, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import type { Stopped } from '../stopped.ts';

/**
 * Where the kernel ends the file, unless it was booted without this page: the whole line, since a
 * file's name can end in `[vsyscall]`, but can hold no newline.
 */
const LAST_LINE = Buffer.from(
  `\nffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0${' '.repeat(18)}[vsyscall]\n`,
);

export class MapsReader {
  private readonly stopped: Stopped;
  private readonly fd: number;
  private text = new NativeBuffer(64 * 1024);
  private size = 0;
  private generation = -1;

  constructor(stopped: Stopped) {
    this.stopped = stopped;
    this.fd = openOrThrow(`/proc/${stopped.living}/maps`, O_RDONLY);
  }

  /** The file as it is now: our own buffer, until the next call. */
  read(): Buffer {
    return this.text.bytes.subarray(0, this.readText());
  }

  /** Whether it reads like this. */
  isSame(known: Buffer): boolean {
    const size = this.readText();
    return known.length === size && known.compare(this.text.bytes, 0, size) === 0;
  }

  /** Calls have changed the mappings. */
  forget(): void {
    this.size = 0;
  }

  close(): void {
    close(this.fd);
  }

  private readText(): number {
    if (this.size > 0 && this.generation === this.stopped.generation) return this.size;
    let size = 0;
    for (;;) {
      const room = this.text.bytes.length - size;
      const count = pread(this.fd, this.text.address + size, room, size);
      if (count <= 0) break;
      size += count;
      if (this.isComplete(size)) break;
      if (size === this.text.bytes.length) this.grow();
    }
    this.size = size;
    this.generation = this.stopped.generation;
    return size;
  }

  private isComplete(size: number): boolean {
    const { length } = LAST_LINE;
    return (
      size >= length && this.text.bytes.compare(LAST_LINE, 0, length, size - length, size) === 0
    );
  }

  private grow(): void {
    const larger = new NativeBuffer(this.text.bytes.length * 2);
    this.text.bytes.copy(larger.bytes);
    this.text = larger;
  }
}
