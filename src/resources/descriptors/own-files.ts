/**
 * Files of a file system that the program itself serves: closing or opening one asks the server,
 * which is stopped, and would be waited for for ever.
 */
import { Obstacle } from '../resource.ts';
import { FUSE_DEVICE, readServedMounts } from '../served-files.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';
import type { DescriptorSteps } from './plan-descriptors.ts';

const FANOTIFY = 'anon_inode:[fanotify]';
const FANOTIFY_FLAGS = /^fanotify flags:([0-9a-f]+)/m;
/** FAN_CLASS_CONTENT, FAN_CLASS_PRE_CONTENT: may be asked whether a file may be opened. */
const FAN_CLASSES = 0xc;

/** Whether the program itself says who may open files: while it is stopped, nobody may. */
export function isAskedToOpen(now: DescriptorsImage): boolean {
  return now.some(({ link, content }) => {
    if (link !== FANOTIFY) return false;
    const flags = FANOTIFY_FLAGS.exec(Buffer.from(content ?? []).toString('latin1'))?.[1];
    return flags === undefined || (Number.parseInt(flags, 16) & FAN_CLASSES) !== 0;
  });
}

/** Why the steps cannot be done by a thread like `tid`, whose process has what is open `now`. */
export function findOwnFile(
  tid: number,
  now: DescriptorsImage,
  { extras, refills }: DescriptorSteps,
): Obstacle | undefined {
  if (!now.some(({ link }) => link === FUSE_DEVICE)) return undefined;
  const mounts = new Set(readServedMounts(tid).map(({ id }) => id));
  const isServed = ({ mountId }: DescriptorImage): boolean => mounts.has(mountId);
  const touched = [
    ...extras,
    ...refills.flatMap(({ image, present }) => [image, present ?? image]),
  ];
  const file = touched.find(isServed);
  if (file === undefined) return undefined;
  const why = 'on a file system that the program itself may serve, was opened or closed since';
  return new Obstacle(`descriptor ${file.fd}, ${why}`);
}
