/** Kinds of open files of which nothing is kept, and what becomes of what they hold. */
import { LOST, type Named } from '../../resource.ts';
import type { DescriptorsImage } from '../descriptor-image.ts';

/** Chosen: so many numbers of a kind are named. */
const NAMED_MAX = 8;

const UNKEPT: readonly (readonly [link: RegExp, bit: number, what: string])[] = [
  [/^anon_inode:bpf-map$/, LOST.descriptors, 'the content of BPF maps is not put back'],
  [/^anon_inode:kvm-v/, LOST.descriptors, 'virtual machines go on from where they are'],
  [/^\/dmabuf:/, LOST.descriptors, 'the content of buffers of devices is not put back'],
  [/^anon_inode:\[perf_event\]$/, 0, 'performance counters go on'],
];

/** Known when the point is made. */
export function nameUnkept(table: DescriptorsImage): Named[] {
  const others = table.filter(({ kind }) => kind === 'anonymous' || kind === 'path');
  return UNKEPT.flatMap(([link, bit, what]) => {
    const fds = others.filter((image) => link.test(image.link)).map(({ fd }) => fd);
    if (fds.length === 0) return [];
    const more = fds.length > NAMED_MAX ? `, and ${fds.length - NAMED_MAX} more` : '';
    return [{ bit, text: `${what} (${fds.slice(0, NAMED_MAX).join(', ')}${more})` }];
  });
}
