/** Puts the contents of channels back in a rollback, when descriptors are back. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError } from '../../errors.ts';
import { F_SETFL, O_ASYNC } from '../../sys/descriptor-flags.ts';
import type { Ready } from '../../sys/ready-set.ts';
import { pollNow } from '../../sys/poll.ts';
import { statKnown, typeOf } from '../../sys/statx.ts';
import { LOST, type Named } from '../resource.ts';
import type { SocketPairs } from '../socket-pairs.ts';
import {
  isSameContent,
  type ChannelImage,
  type Content,
  type Ends,
  type LoneEnd,
  type Shared,
} from './channel-image.ts';
import { sizeOf, type ChannelReader } from './channel-reader.ts';
import type { Copies } from '../copies.ts';
import type { Leading } from './find-channels.ts';
import { restoreByOwnEnd, restorePipe } from './pipe-content.ts';
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
    const wasEmpty = content.messages.length === 0 && content.missing === undefined;
    const isShutSince = !isShut && state?.isShut === true;
    if (wasEmpty && state?.isReadable !== true && !isShutSince && this.hasSize(image, sizeBytes))
      return [];
    const placed = this.placed(image);
    return this.nameLoss(`${image.name} (descriptors ${image.reader} and ${image.writer})`, () => {
      const [reader, writer] = [this.copies.of(image.reader), this.copies.of(image.writer)];
      // It is hung up, which is told of already.
      if (!isIt(reader, image, placed.inode)) return undefined;
      if (content.missing !== undefined) return content.missing;
      if (!isIt(writer, image, placed.peer)) return this.restoreLeft(placed, reader);
      const isShutNow = image.kind === 'socket' && pollNow(reader).hasTheirEnd;
      if (isShutNow && !isShut) return 'it was shut down since';
      return this.withoutSignals(image, () =>
        image.kind === 'pipe'
          ? restorePipe(this.reader.relay, image, { reader, writer })
          : restoreSocket(this.tools, placed, { reader, writer }),
      );
    });
  }

  /** The same for a pipe of which the program had the reading end, and nobody the other one. */
  restoreLone({ fd, name }: Shared, { inode, isAsync }: LoneEnd, content: Content): Named[] {
    return this.nameLoss(`${name} (descriptor ${fd})`, () => {
      const reader = this.copies.of(fd);
      const image = { kind: 'pipe', name, inode, peer: inode, isAsync } as const;
      if (!isIt(reader, image, inode)) return undefined;
      if (content.missing !== undefined) return content.missing;
      return this.withoutSignals(image, () => restoreByOwnEnd(this.reader.relay, content, reader));
    });
  }

  /** What is in the reading end, where the other one is hung up. */
  private restoreLeft(image: ChannelImage, reader: number): string | undefined {
    const { kind, content } = image;
    const { queues, find } = this.tools;
    if (kind === 'pipe')
      return this.withoutSignals(image, () => restoreByOwnEnd(this.reader.relay, content, reader));
    const isSame = isSameContent(queues.read(reader, image, Infinity, find), content);
    return isSame ? undefined : 'its other end is hung up now';
  }

  /** @param work says why it is not what it was; undefined: it is */
  private nameLoss(what: string, work: () => string | undefined): Named[] {
    const name = (why: string): Named[] => [
      { bit: LOST.contents, text: `what was in ${what} is not put back: ${why}` },
    ];
    try {
      const why = work();
      return why === undefined ? [] : name(why);
    } catch (error) {
      return name(asBelayError(error).message);
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

  /** SIGIO is for what others do. The program sets the flag: its number goes with the signal. */
  private withoutSignals<Result>(
    { isAsync, inode, peer }: Pick<Ends, 'isAsync' | 'inode' | 'peer'>,
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

function isIt(own: number, { kind, name }: Pick<Ends, 'kind' | 'name'>, inode: number): boolean {
  const status = own < 0 ? undefined : statKnown(own);
  if (status === undefined || typeOf(status) !== kind) return false;
  // File systems may tell of another number than /proc.
  return !NAMELESS.test(name) || status.ino === inode;
}
