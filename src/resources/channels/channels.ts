/**
 * The channels resource: what lies in pipes, FIFOs and pairs of unix(7) sockets whose both ends the
 * program has, and nobody else. It goes back, message by message. What others have an end of is
 * theirs, too: it is left alone, and named.
 *
 * Where nothing is in a channel, at the point or now, a point and a rollback cost one call for all
 * of them; without channels they cost nothing.
 */
import { readableBytes } from '../../sys/pipe.ts';
import { pollNow } from '../../sys/poll.ts';
import { UnixSocketDiag } from '../../sys/sock-diag.ts';
import { AskBudget } from '../ask-budget.ts';
import { foretellGuess, nameGuess } from '../guess.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { SocketPairs } from '../socket-pairs.ts';
import type { Stopped } from '../stopped.ts';
import {
  isSameContent,
  NONE,
  type ChannelsImage,
  type Shared,
  type SharedImage,
} from './channel-image.ts';
import { ChannelReader } from './channel-reader.ts';
import { Copies } from '../copies.ts';
import {
  ChannelFinder,
  findPairs,
  LAST_STREAM,
  type Channel,
  type Found,
  type Leading,
} from './find-channels.ts';
import { numberFinder } from './find-number.ts';
import { PutBack } from './put-back.ts';
import { Sharers } from './sharers.ts';
import { Watch } from './watch.ts';

const VERSION = 2;
const SIZES = 'sizes of pipes and of buffers of sockets';
/** Chosen: of so many it is looked whether anything has gone through them. */
const SHARED_MAX = 32;

/** Where the descriptors of the process lead. */
export interface DescriptorSource {
  /** As they were read last, or put back. */
  readonly table: readonly Leading[];
  /** As they are now. The same array as last time when nothing has changed. */
  tableOf(stopped: Stopped): readonly Leading[];
  /** Grows when numbers lead to other open files than before which look the same. */
  readonly renewals: number;
}

interface Sorted {
  /** The program's alone. */
  readonly own: readonly Channel[];
  readonly shared: readonly Shared[];
  /** Names of those among them of which nobody has another end. */
  readonly lone: ReadonlySet<string>;
}

const UNTOLD: ChannelsImage = { ...NONE, isUntold: true };

export class Channels implements Resource<ChannelsImage, ChannelsImage> {
  readonly name = 'channels';
  private readonly descriptors: DescriptorSource;
  private readonly pairs: SocketPairs;
  private readonly diag = new UnixSocketDiag();
  private readonly finder = new ChannelFinder(this.diag);
  private readonly sharers = new Sharers();
  private readonly watch = new Watch();
  private readonly reader = new ChannelReader();
  private readonly budget = new AskBudget();
  /** The table that was looked through last, and what was found in it. */
  private table: readonly Leading[] | undefined = undefined;
  private found: Found = { channels: [], shared: [], isUntold: false };
  /** What was looked for among others, and among how many. */
  private looked = '';
  private sizesAt = 0;
  /** As of when the watch was set. */
  private renewals = 0;
  /** Told of in the log. */
  private readonly told = new Set<string>();

  constructor(descriptors: DescriptorSource, pairs: SocketPairs) {
    this.pairs = pairs;
    this.descriptors = descriptors;
  }

  /** The same object as before when nothing has changed. */
  capture(stopped: Stopped, before: ChannelsImage | undefined): ChannelsImage {
    const table = this.descriptors.tableOf(stopped);
    if (table !== this.table) this.found = this.finder.find(stopped, table);
    this.table = table;
    const { isUntold } = this.found;
    if (this.found.channels.length + this.found.shared.length === 0)
      return isUntold ? UNTOLD : NONE;
    using copies = new Copies(stopped.living);
    const { own, shared, lone } = this.sort(stopped, copies);
    const asks = own.length > 0 && this.budget.isLeft(stopped.isMeant);
    if (asks) {
      const hasChanged = this.budget.spend(() => this.reader.askSizes(own, copies));
      this.budget.noteResult(hasChanged);
      this.sizesAt = Date.now();
    }
    const find = numberFinder(stopped.living, table);
    const ready = this.watch.list();
    const channels = this.reader.read(own, ready, copies, find, before?.channels ?? []);
    const sizesAt = asks || own.length === 0 ? 0 : this.sizesAt;
    if (channels !== before?.channels || !this.pairs.has(table))
      this.pairs.note(table, findPairs(own, channels));
    const measured = this.measure(shared, lone, copies, before?.shared);
    const image = { channels, shared: measured, sizesAt, isUntold };
    return before !== undefined && isSame(before, image) ? before : image;
  }

  /** Nothing has to be acquired: what cannot be put back is named. */
  prepare(_stopped: Stopped, image: ChannelsImage): ChannelsImage {
    return image;
  }

  /** Applied when the descriptors are those of the point. */
  apply(stopped: Stopped, { channels, shared, sizesAt, isUntold }: ChannelsImage): Applied {
    const unknown = isUntold ? [nameUntold()] : [];
    if (channels.length + shared.length === 0) return { lost: unknown };
    using copies = new Copies(stopped.living);
    const { reader, diag } = this;
    const { queues } = reader;
    const { table } = this.descriptors;
    const find = numberFinder(stopped.living, table);
    const putBack = new PutBack(reader, { stopped, queues, diag, find }, copies, table, this.pairs);
    const ready = this.watch.list();
    const isRenewed = this.descriptors.renewals !== this.renewals;
    const lost = channels.flatMap((image) => {
      const key = isRenewed ? undefined : this.finder.keyOf(image.name);
      const uncertain = { key: 0, isReadable: true, isUrgent: false, isShut: false };
      return putBack.restore(image, key === undefined ? uncertain : ready.get(key));
    });
    const ofLone = shared.flatMap((end) =>
      end.lone === undefined || end.content === undefined
        ? []
        : putBack.restoreLone(end, end.lone, end.content),
    );
    const guesses = sizesAt !== 0 ? [nameGuess(LOST.contents, SIZES)] : [];
    const moved = this.nameMoved(shared, copies);
    return { lost: [...lost, ...ofLone, ...moved, ...guesses, ...unknown] };
  }

  losses({ channels, shared, sizesAt, isUntold }: ChannelsImage, timeMs: number): readonly Named[] {
    const missing = [...channels, ...shared].flatMap(({ name, content }): Named[] =>
      content?.missing === undefined
        ? []
        : [{ bit: LOST.contents, text: `what is in ${name} is not known: ${content.missing}` }],
    );
    const left = shared
      .filter(({ isInherited, content }) => !isInherited && content === undefined)
      .map((image) => ({ bit: 0, text: describeShared(image) }));
    const guesses = sizesAt !== 0 ? [foretellGuess(LOST.contents, SIZES, timeMs - sizesAt)] : [];
    return [...missing, ...left, ...guesses, ...(isUntold ? [nameUntold()] : [])];
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: ChannelsImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): ChannelsImage {
    return decodeImage(VERSION, bytes) as ChannelsImage;
  }

  close(): void {
    this.watch.close();
    this.reader.close();
    this.diag.close();
  }

  /** Whose it is what was found. */
  private sort(stopped: Stopped, copies: Copies): Sorted {
    const { birthCount } = stopped.group;
    const { channels, shared } = this.found;
    const left = this.findLeft(shared, copies);
    if (channels.length + left.length === 0) return { own: [], shared, lone: new Set() };
    const { renewals } = this.descriptors;
    if (renewals !== this.renewals) this.watch.close();
    // Who has an end of one is found when he is new: long before nobody can write to it.
    const lonely = shared.flatMap(({ name, lone }) => (lone === undefined ? [] : [name]));
    const names = [...channels.map(describe), ...lonely].join(' ');
    const looked = `${birthCount} ${renewals} ${names}`;
    if (looked !== this.looked) {
      this.sharers.look(stopped, new Set([...channels.map(({ name }) => name), ...lonely]));
      this.watch.update(channels, copies);
    }
    this.looked = looked;
    this.renewals = renewals;
    const own: Channel[] = [];
    const others: Shared[] = [...shared];
    for (const channel of channels) {
      const pid = this.sharers.find(stopped, channel.name);
      if (pid === undefined) own.push(channel);
      else if (channel.reader > LAST_STREAM && channel.writer > LAST_STREAM) {
        const { reader: fd, name } = channel;
        const who = `process ${pid} has it, too`;
        others.push({ fd, name, who, isInherited: false, lone: undefined });
      }
    }
    const lone = left.filter((name) => this.sharers.find(stopped, name) === undefined);
    return { own, shared: others, lone: new Set(lone) };
  }

  /** Names of pipes that nobody can write to any more. */
  private findLeft(shared: readonly Shared[], copies: Copies): string[] {
    return shared.slice(0, SHARED_MAX).flatMap(({ fd, name, lone }) => {
      const isLeft = lone !== undefined && pollNow(copies.of(fd)).isHungUp;
      copies.giveBack();
      return isLeft ? [name] : [];
    });
  }

  private measure(
    shared: readonly Shared[],
    lone: ReadonlySet<string>,
    copies: Copies,
    before: readonly SharedImage[] = [],
  ): readonly SharedImage[] {
    return shared.slice(0, SHARED_MAX).map((end, index) => {
      const own = copies.of(end.fd);
      const sizeBytes = readableBytes(own);
      const found = lone.has(end.name) ? this.reader.readLone(own) : undefined;
      const former = before[index]?.content;
      const isAsBefore = found && former && isSameContent(former, found);
      copies.giveBack();
      return { ...end, sizeBytes, content: isAsBefore ? former : found };
    });
  }

  /** Once of each through which something has gone, as far as that shows. */
  private nameMoved(shared: readonly SharedImage[], copies: Copies): Named[] {
    const moved = shared.filter(({ fd, name, sizeBytes, content }) => {
      if (content !== undefined || this.told.has(name)) return false;
      const now = readableBytes(copies.of(fd));
      copies.giveBack();
      return now !== sizeBytes;
    });
    for (const { name } of moved) this.told.add(name);
    return moved.map((image) => ({ bit: 0, text: describeShared(image) }));
  }
}

function nameUntold(): Named {
  const why = 'it has another network namespace than belay';
  const text = `whether what is in its Unix sockets is that of the point is not known: ${why}`;
  return { bit: LOST.contents, text, isGuess: true };
}

function describeShared({ fd, name, who }: SharedImage): string {
  return `descriptor ${fd} (${name}): ${who}: what goes through it is not undone`;
}

function describe({ name, readers, writer }: Channel): string {
  return `${name} ${readers.join(',')} ${writer}`;
}

function isSame(one: ChannelsImage, other: ChannelsImage): boolean {
  return (
    one.channels === other.channels &&
    one.sizesAt === other.sizesAt &&
    one.isUntold === other.isUntold &&
    one.shared.length === other.shared.length &&
    one.shared.every((image, index) => {
      const { fd, name, who, sizeBytes, content } = other.shared[index] ?? image;
      const isIt = image.fd === fd && image.name === name && image.who === who;
      return isIt && image.sizeBytes === sizeBytes && image.content === content;
    })
  );
}
