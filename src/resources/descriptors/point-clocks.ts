/**
 * What the kernel's clocks said when a point was made: read where the program has timers that are
 * descriptors, of which it is only kept when they expire.
 */
import { at } from '../../at.ts';
import {
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  clockGettimeExact,
} from '../../sys/clock.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import type { Applied, Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorsImage } from './descriptor-image.ts';
import { TIMER } from './kinds/timers.ts';

const VERSION = 1;
const CLOCKS = [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME];

/** Of each of CLOCKS: nanoseconds; a number where it was decoded and is exact. */
export type ClocksImage = readonly (bigint | number)[];

const NONE: ClocksImage = [];

export class PointClocks implements Resource<ClocksImage, ClocksImage> {
  readonly name = 'clocks';
  private readonly descriptors: { readonly table: DescriptorsImage };
  private table: DescriptorsImage = [];
  private hasTimers = false;

  constructor(descriptors: { readonly table: DescriptorsImage }) {
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. */
  capture(): ClocksImage {
    const { table } = this.descriptors;
    if (table !== this.table) this.hasTimers = table.some(({ link }) => link === TIMER);
    this.table = table;
    return this.hasTimers ? CLOCKS.map(clockGettimeExact) : NONE;
  }

  prepare(stopped: Stopped, image: ClocksImage): ClocksImage {
    stopped.pointClocks = new Map(image.map((ns, index) => [at(CLOCKS, index), BigInt(ns)]));
    return image;
  }

  apply(): Applied {
    return {};
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: ClocksImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): ClocksImage {
    return decodeImage(VERSION, bytes) as ClocksImage;
  }

  close(): void {
    // Holds nothing.
  }
}
