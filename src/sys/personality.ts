/**
 * personality(2): what can be set in it. It belongs to a thread.
 *
 * @see https://man7.org/linux/man-pages/man2/personality.2.html
 */
export const READ_IMPLIES_EXEC = 0x0400000;
/** Instead of one to set: the present one is answered. */
export const PERSONALITY_ASK = 0xffffffff;
