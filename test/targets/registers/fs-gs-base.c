/* fs base (thread-local storage lives there) and gs base are those of the point. */
#include "../target.h"
#include <asm/prctl.h>

static __thread uint64_t local = 5;

static long prctl_raw(long code, void *argument) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"((long)SYS_arch_prctl), "D"(code), "S"(argument)
                   : "rcx", "r11", "memory");
  return result;
}

int main(void) {
  static char one[64], two[64];
  struct tjmp why;
  uint64_t fs = 0, gs = 0, fs_before = 0;
  CHECK(prctl_raw(ARCH_SET_GS, one) == 0 && prctl_raw(ARCH_GET_FS, &fs_before) == 0);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    prctl_raw(ARCH_SET_GS, why.rollbacks == 0 ? two : NULL);
    prctl_raw(ARCH_SET_FS, why.rollbacks == 0 ? two : NULL);
    __asm__ volatile("ud2");
  }
  CHECK(prctl_raw(ARCH_GET_FS, &fs) == 0 && prctl_raw(ARCH_GET_GS, &gs) == 0);
  CHECK(fs == fs_before && gs == (uint64_t)one && local == 5 && why.signo == SIGILL);
  return ok();
}
