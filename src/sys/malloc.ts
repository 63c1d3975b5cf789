/**
 * What glibc's malloc keeps of memory that was freed.
 *
 * @see https://man7.org/linux/man-pages/man3/malloc_trim.3.html
 */
import { declare } from './libc.ts';

const malloc_trim = declare('int malloc_trim(size_t)');

/** `malloc_trim(0)`: give whole pages that are free back to the system, in all arenas. */
export function mallocTrim(): void {
  malloc_trim(0);
}
