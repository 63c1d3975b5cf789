/** Puts the contents of channels back in a rollback, when descriptors are back. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError } from '../../errors.ts';
import { F_SETFL, O_ASYNC } from '../../sys/descriptor-flags.ts';
import type { Ready } from '../../sys/ready-set.ts';
import { statKnown, typeOf } from '../../sys/statx.ts';
import { LOST, type Named } from '../resource.ts';
import type { SocketPairs } from '../socket-pairs.ts';
import type { ChannelImage } from './channel-image.ts';
import { sizeOf, type ChannelReader } from './channel-reader.ts';
import type { Copies } from '../copies.ts';
import type { Leading } from './find-channels.ts';
import type { OwnEnds } from './pipe-content.ts';
import { restorePipe } from './pipe-content.ts';
import { restoreSocket, type SocketTools } from './restore-socket.ts';

/** `socket:[4711]` or `pipe:[4711]`: what a link of no file system leads to. */
const NAMELESS = /^(?:socket|pipe):\[/;

export class PutBack {
  private readonly reader: ChannelReader;
  private readonly tools: SocketTools;
  private readonly copies: Copies;
  private readonly table: readonly Leading[];
  private readonly pairs: SocketPairs;

  constructor(
    reader: ChannelReader,
    tools: SocketTools,
    copies: Copies,
    table: readonly Leading[],
    pairs: SocketPairs,
  ) {
    this.pairs = pairs;
    this.reader = reader;
    this.tools = tools;
    this.copies = copies;
    this.table = table;
  }

  /** @param state what there is now; undefined: nothing. What is not as it was is named */
  restore(image: ChannelImage, state: Ready | undefined): Named[] {
    const { content, sizeBytes, isShut } = image;
    const mayHold = state?.isReadable === true || content.messages.length > 0;
    const isShutSince = !isShut && state?.isShut === true;
    if (!mayHold && !isShutSince && this.hasSize(image, sizeBytes)) return [];
    try {
      const ends = this.findEnds(this.placed(image));
      if (ends === undefined) return [];
      if (content.missing !== undefined) return [nameLoss(image, content.missing)];
      if (isShutSince) return [nameLoss(image, 'it was shut down since')];
      const loss = this.withoutSignals(image, () =>
        image.kind === 'pipe'
          ? restorePipe(this.reader.relay, image, ends)
          : restoreSocket(this.tools, this.placed(image), ends),
      );
      return loss === undefined ? [] : [nameLoss(image, loss)];
    } catch (error) {
      return [nameLoss(image, asBelayError(error).message)];
    } finally {
      this.copies.giveBack();
    }
  }

  /** Of one that is empty, and was: nothing else can be other than it was. 0: not known. */
  private hasSize({ kind, writer }: ChannelImage, sizeBytes: number): boolean {
    if (sizeBytes === 0) return true;
    return this.copies.use(writer, (own) => sizeOf(kind, own) === sizeBytes) === true;
  }

  /** With the inodes of the sockets that are in its place. */
  private placed(image: ChannelImage): ChannelImage {
    if (image.kind !== 'socket') return image;
    const { pairs } = this;
    return { ...image, inode: pairs.placeOf(image.inode), peer: pairs.placeOf(image.peer) };
  }

  /** Copies of both ends; undefined: one was closed since, which is told of already. */
  private findEnds(image: ChannelImage): OwnEnds | undefined {
    const { reader, writer, inode, peer } = image;
    const ends = { reader: this.copies.of(reader), writer: this.copies.of(writer) };
    return isIt(ends.reader, image, inode) && isIt(ends.writer, image, peer) ? ends : undefined;
  }

  /** SIGIO is for what others do. The program sets the flag: its number goes with the signal. */
  private withoutSignals<Result>(
    { isAsync, inode, peer }: ChannelImage,
    work: () => Result,
  ): Result {
    const ends = this.table.filter(
      (each) =>
        isAsync && (each.inode === inode || each.inode === peer) && (each.flags & O_ASYNC) !== 0,
    );
    const set = (isOn: boolean): void => {
      for (const { fd, flags } of ends)
        this.tools.stopped
          .remote()
          .calls.call(SYS.fcntl, fd, F_SETFL, isOn ? flags : flags & ~O_ASYNC);
    };
    set(false);
    try {
      return work();
    } finally {
      set(true);
    }
  }
}

function isIt(own: number, { kind, name }: ChannelImage, inode: number): boolean {
  const status = own < 0 ? undefined : statKnown(own);
  if (status === undefined || typeOf(status) !== kind) return false;
  // File systems may tell of another number than /proc.
  return !NAMELESS.test(name) || status.ino === inode;
}

function nameLoss({ name, reader, writer }: ChannelImage, why: string): Named {
  const text = `what was in ${name} (descriptors ${reader} and ${writer}) is not put back: ${why}`;
  return { bit: LOST.contents, text };
}
