/**
 * Reads what lies in a pipe of the program, leaving it there, and puts other bytes in its place. By
 * descriptors of ours that are closed at once.
 */
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
 * @param isDirect whoever writes to it has O_DIRECT: a lone piece is a packet, too
 */
export function readPipeContent(
  relay: Relay,
  reader: number,
  most: number,
  isDirect: boolean,
): Content {
  const size = readableBytes(reader);
  if (size === 0) return EMPTY;
  if (size > most) return { ...EMPTY, missing: TOO_MUCH };
  if (size < 0 || !relay.hasRoomFor(Math.max(getPipeSize(reader), size)))
    return { ...EMPTY, missing: UNREADABLE };
  const pieces = relay.copy(reader, size);
  if (pieces === undefined) return { ...EMPTY, missing: UNREADABLE };
  const messages = pieces.map((bytes) => ({ bytes, rights: [], credentials: undefined }));
  return { ...EMPTY, messages, isPacketed: isDirect || pieces.length > 1 };
}

/** Make it what the image says; why it is not. Nothing is touched where it is so already. */
export function restorePipe(
  relay: Relay,
  { content, sizeBytes }: ChannelImage,
  { reader, writer }: OwnEnds,
): string | undefined {
  const size = getPipeSize(reader);
  const hasRoom = relay.hasRoomFor(Math.max(size, sizeBytes, sizeOfContent(content)));
  const pieces = content.messages.map(({ bytes }) => bytes);
  const unread = readableBytes(reader);
  const isSame =
    unread === sizeOfContent(content) && (unread === 0 || relay.holds(reader, unread, pieces));
  if (!isSame) {
    if (size < sizeBytes && setPipeSize(reader, sizeBytes) < sizeBytes)
      return 'it cannot grow again';
    if (!hasRoom) return 'there is no room to do so';
    relay.empty(reader);
    if (!relay.put(writer, pieces, content.isPacketed)) return 'not all of it fits';
  }
  if (sizeBytes === 0 || getPipeSize(reader) === sizeBytes) return undefined;
  return setPipeSize(reader, sizeBytes) < 0 ? 'it has another size now' : undefined;
}
