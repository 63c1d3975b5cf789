/** What becomes of it in a rollback, as the documents tell it. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'memory',
  bits: ['memory', 'mappings'],
  rows: [
    { what: 'private memory, every mapping, the program break', becomes: 'exact' },
    {
      what: 'locks, advice and keys of mappings',
      becomes: 'exact where they were read; else named as "not known"',
    },
    {
      what: 'pages given up since (MADV_FREE)',
      becomes: 'kept, where mappings were asked; else named as "not known"',
    },
    { what: 'names of mappings', becomes: 'exact' },
    {
      what: 'memory that the kernel writes past protections',
      becomes: 'exact up to 16 MiB; more, and other unwatched memory, is named',
    },
    {
      what: 'requests of io_uring and Linux AIO under way',
      becomes: '**not** undone, nor made again; what they read may be lost: named',
    },
    {
      what: 'shared mappings of files: their contents',
      becomes: '**not** put back; the mapping itself is',
    },
    {
      what: 'which protection keys are allocated (pkey_alloc)',
      becomes: '**not** put back: they stay as they are',
    },
  ],
};
