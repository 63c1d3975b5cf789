/**
 * Reads what lies in a pipe of the program, leaving it there, and puts other bytes in its place. By
 * descriptors of ours that are closed at once.
 */
import { O_NONBLOCK, O_WRONLY } from '../../sys/descriptor-flags.ts';
import { close, open } from '../../sys/file.ts';
import { getPipeSize, readableBytes, setPipeSize } from '../../sys/pipe.ts';
import { EMPTY, sizeOfContent, type ChannelImage, type Content } from './channel-image.ts';
import type { Relay } from './relay.ts';

/** Copies of the two ends. */
export interface OwnEnds {
  readonly reader: number;
  readonly writer: number;
}

export const UNREADABLE = 'what is in it cannot be read';
export const TOO_MUCH = 'there is too much in it';

/**
 * @param most so many bytes may be taken down
 * @param isDirect whoever writes to it has O_DIRECT: a lone piece is a packet, too; undefined:
 *     nobody has an end to write by
 */
export function readPipeContent(
  relay: Relay,
  reader: number,
  most: number,
  isDirect: boolean | undefined,
): Content {
  const size = readableBytes(reader);
  if (size === 0) return EMPTY;
  if (size > most) return { ...EMPTY, missing: TOO_MUCH };
  if (size < 0 || !relay.hasRoomFor(Math.max(getPipeSize(reader), size)))
    return { ...EMPTY, missing: UNREADABLE };
  const pieces = relay.copy(reader, size);
  if (pieces === undefined) return { ...EMPTY, missing: UNREADABLE };
  const messages = pieces.map((bytes) => ({ bytes, rights: [], credentials: undefined }));
  const isPacketed = pieces.length > 1 || (isDirect ?? relay.isPacket(reader, size));
  return { ...EMPTY, messages, isPacketed };
}

/** As `restorePipe`, where the program has no end to write by: one of ours comes and goes. */
export function restoreByOwnEnd(
  relay: Relay,
  content: Content,
  reader: number,
): string | undefined {
  if (holdsContent(relay, reader, content)) return undefined;
  const isEmpty = content.messages.length === 0;
  const writer = isEmpty ? -1 : open(`/proc/self/fd/${reader}`, O_WRONLY | O_NONBLOCK);
  try {
    if (!isEmpty && writer < 0) return 'it cannot be written to';
    return restorePipe(relay, { content, sizeBytes: 0 }, { reader, writer });
  } finally {
    if (writer >= 0) close(writer);
  }
}

/** Make it what the image says; why it is not. Nothing is touched where it is so already. */
export function restorePipe(
  relay: Relay,
  { content, sizeBytes }: Pick<ChannelImage, 'content' | 'sizeBytes'>,
  { reader, writer }: OwnEnds,
): string | undefined {
  const size = getPipeSize(reader);
  const hasRoom = relay.hasRoomFor(Math.max(size, sizeBytes, sizeOfContent(content)));
  const pieces = content.messages.map(({ bytes }) => bytes);
  if (!holdsContent(relay, reader, content)) {
    if (size < sizeBytes && setPipeSize(reader, sizeBytes) < sizeBytes)
      return 'it cannot grow again';
    if (!hasRoom) return 'there is no room to do so';
    relay.empty(reader);
    if (!relay.put(writer, pieces, content.isPacketed)) return 'not all of it fits';
  }
  if (sizeBytes === 0 || getPipeSize(reader) === sizeBytes) return undefined;
  return setPipeSize(reader, sizeBytes) < 0 ? 'it has another size now' : undefined;
}

function holdsContent(relay: Relay, reader: number, content: Content): boolean {
  const size = sizeOfContent(content);
  if (readableBytes(reader) !== size) return false;
  if (size === 0) return true;
  const pieces = content.messages.map(({ bytes }) => bytes);
  return relay.hasRoomFor(Math.max(getPipeSize(reader), size)) && relay.holds(reader, size, pieces);
}
