/**
 * Few bytes as a text with a character for each: that takes half of the room of an array of its
 * own, and nothing outside the heap.
 */

export function textOf(bytes: Buffer, sizeBytes: number): string {
  return bytes.toString('latin1', 0, sizeBytes);
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Whether the bytes begin with that text; without making any. */
export function isText(bytes: Uint8Array, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
