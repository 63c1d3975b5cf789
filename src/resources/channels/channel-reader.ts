/** Reads what is in channels when a point is made. */
import type { Ready } from '../../sys/ready-set.ts';
import { getSendBuffer } from '../../sys/getsockopt.ts';
import { getPipeSize } from '../../sys/pipe.ts';
import {
  EMPTY,
  isSameContent,
  sizeOfContent,
  type ChannelImage,
  type Content,
} from './channel-image.ts';
import type { Copies } from '../copies.ts';
import type { Channel } from './find-channels.ts';
import { readPipeContent, UNREADABLE } from './pipe-content.ts';
import { Relay } from './relay.ts';
import { SocketQueues, type FindNumber } from './socket-content.ts';

/** Chosen: as of memory that is not watched. What is more is named. */
const MOST = 16 << 20;
const WATCHED = 'it is watched (inotify), and would be seen to be looked into';

/** How much fits in, by a copy of the sending end; 0: it cannot be told. */
export function sizeOf(kind: ChannelImage['kind'], writer: number): number {
  return kind === 'pipe' ? Math.max(getPipeSize(writer), 0) : getSendBuffer(writer);
}

export class ChannelReader {
  readonly queues = new SocketQueues();
  private ownRelay: Relay | undefined = undefined;
  /** By key, as they were asked for last. */
  private sizes = new Map<number, number>();

  get relay(): Relay {
    return (this.ownRelay ??= new Relay());
  }

  /** Whether one is another than it was. */
  askSizes(channels: readonly Channel[], copies: Copies): boolean {
    const before = this.sizes;
    const sizes = new Map<number, number>();
    let hasChanged = false;
    for (const { kind, key, writer } of channels) {
      const size = copies.use(writer, (own) => sizeOf(kind, own)) ?? 0;
      sizes.set(key, size);
      hasChanged ||= before.get(key) !== size;
    }
    this.sizes = sizes;
    return hasChanged;
  }

  /** The images of `before`, where nothing has changed. */
  read(
    channels: readonly Channel[],
    ready: ReadonlyMap<number, Ready>,
    copies: Copies,
    find: FindNumber,
    before: readonly ChannelImage[],
  ): readonly ChannelImage[] {
    let left = MOST;
    let isSame = channels.length === before.length;
    const images = channels.map((channel, index) => {
      const state = ready.get(channel.key);
      const content = this.readContent(channel, state, copies, find, left);
      left -= sizeOfContent(content);
      const image = this.describe(channel, content, state?.isShut === true);
      const former = findFormer(before, index, image.name);
      if (former !== undefined && isSameImage(former, image)) {
        isSame &&= former === before[index];
        return former;
      }
      isSame = false;
      const isAsBefore = former !== undefined && isSameContent(former.content, content);
      return isAsBefore ? { ...image, content: former.content } : image;
    });
    return isSame ? before : images;
  }

  /** What is in a pipe that nobody can write to any more. */
  readLone(reader: number): Content {
    return readPipeContent(this.relay, reader, MOST, undefined);
  }

  close(): void {
    this.ownRelay?.close();
    this.ownRelay = undefined;
  }

  private readContent(
    { kind, reader, type, isDirect, isWatched }: Channel,
    state: Ready | undefined,
    copies: Copies,
    find: FindNumber,
    most: number,
  ): Content {
    if (state?.isUrgent === true) return { ...EMPTY, missing: 'there is urgent data in it' };
    if (state?.isReadable !== true) return EMPTY;
    if (isWatched) return { ...EMPTY, missing: WATCHED };
    const own = copies.of(reader);
    if (own < 0) return { ...EMPTY, missing: UNREADABLE };
    try {
      return kind === 'pipe'
        ? readPipeContent(this.relay, own, most, isDirect)
        : this.queues.read(own, { type, isShut: state.isShut }, most, find);
    } finally {
      copies.giveBack();
    }
  }

  private describe(channel: Channel, content: Content, isShut: boolean): ChannelImage {
    const { key, kind, inode, name, reader, writer, peer, type, isAsync } = channel;
    const sizeBytes = this.sizes.get(key) ?? 0;
    return { kind, inode, name, reader, writer, peer, type, isAsync, sizeBytes, isShut, content };
  }
}

/** Channels mostly come in the same order as at the last point. */
function findFormer(
  before: readonly ChannelImage[],
  index: number,
  name: string,
): ChannelImage | undefined {
  const likely = before[index];
  return likely?.name === name ? likely : before.find((image) => image.name === name);
}

function isSameImage(one: ChannelImage, other: ChannelImage): boolean {
  return (
    one.inode === other.inode &&
    one.reader === other.reader &&
    one.writer === other.writer &&
    one.isAsync === other.isAsync &&
    one.sizeBytes === other.sizeBytes &&
    one.isShut === other.isShut &&
    isSameContent(one.content, other.content)
  );
}
