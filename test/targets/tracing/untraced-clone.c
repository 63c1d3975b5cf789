/* belay: */
/*
 * A child begun with CLONE_UNTRACED is supervised like others, and finds its registers, as its
 * parent does, as they were; also where the clone is refused.
 */
#include "tracing.h"

#define FLAGS (CLONE_UNTRACED | SIGCHLD)

/* clone(2), and the register that had the flags when it has answered. */
static long clone_raw(uint64_t flags, uint64_t *after) {
  long result;
  register long child_tid __asm__("r10") = 0;
  register long tls __asm__("r8") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result), "+D"(flags)
                   : "a"((long)SYS_clone), "S"(0L), "d"(0L), "r"(child_tid), "r"(tls)
                   : "rcx", "r11", "memory");
  *after = flags;
  return result;
}

int main(void) {
  uint64_t after = 0;
  point(NULL);
  uint64_t odd = UINT64_C(0x1234567800000000) | FLAGS;
  CHECK(clone_raw(odd | CLONE_SIGHAND, &after) == -EINVAL && after == (odd | CLONE_SIGHAND));
  long child = clone_raw(odd, &after);
  if (child == 0) {
    if (after != odd) _exit(8);
    struct tjmp why;
    static volatile int value = 1;
    point(&why);
    if (why.cause == TJMP_SAVED) {
      value = 2;
      fall();
    }
    _exit(value == 1 ? 7 : 9);
  }
  CHECK(child > 0 && after == odd);
  expect_exit((pid_t)child, 7);
  return ok();
}
