/**
 * Sets of memory nodes, as get_mempolicy(2) and set_mempolicy(2) take them. The policy belongs to
 * a thread.
 *
 * @see https://man7.org/linux/man-pages/man2/set_mempolicy.2.html
 */

/** Bytes for as many nodes as any kernel of x86-64 has (CONFIG_NODES_SHIFT at its most is 10). */
export const NODEMASK_SIZE = 128;
/** `maxnode`: the kernel takes one less. */
export const NODEMASK_BITS = 1025;
