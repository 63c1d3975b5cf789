/**
 * Images as bytes: a version, then CBOR (RFC 8949), in which byte strings stay bytes and numbers
 * are the shortest that hold them. The same image gives the same bytes.
 */
import { decode, encode } from 'cborg';
import { BelayError } from '../errors.ts';

export function encodeImage(version: number, image: unknown): Uint8Array {
  return encode([version, image]);
}

/** @throws BelayError EPROTOCOL when it is of another version, or no image at all */
export function decodeImage(version: number, bytes: Uint8Array): unknown {
  let decoded: unknown;
  try {
    decoded = decode(bytes);
  } catch (cause) {
    throw new BelayError('EPROTOCOL', 'cannot read an image: it is damaged', { cause });
  }
  const [found, image] = Array.isArray(decoded) ? (decoded as unknown[]) : [];
  if (found === version) return image;
  throw new BelayError('EPROTOCOL', `cannot read an image: its version is ${String(found)}`);
}
