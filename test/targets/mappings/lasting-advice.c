/* belay: argument shared sealed */
/* Advice that nothing takes back, and no new mapping replaces, is named at each rollback. */
#include "../target.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

enum { LOST_MAPPINGS = 2, SIZE = 64 * 4096 };

int main(int argc, char **argv) {
  struct tjmp why;
  static int has_advice;
  CHECK(argc == 2);
  int is_shared = strcmp(argv[1], "shared") == 0;
  int flags = MAP_ANONYMOUS | (is_shared ? MAP_SHARED : MAP_PRIVATE);
  void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
  CHECK(memory != MAP_FAILED);
  keep(&has_advice, sizeof has_advice);
  int cd = point(&why);
  if (why.rollbacks == 0) tlongjmp(cd, 1);
  if (why.rollbacks == 1) {
    CHECK((why.lost & LOST_MAPPINGS) == 0);
    /* Some kernels have no huge pages, and before Linux 6.10 nothing can be sealed. */
    has_advice = madvise(memory, SIZE, MADV_NOHUGEPAGE) == 0;
    if (!is_shared && syscall(SYS_mseal, memory, (size_t)SIZE, 0L) != 0) has_advice = 0;
  }
  if (why.rollbacks <= 2) tlongjmp(cd, 2);
  CHECK(((why.lost & LOST_MAPPINGS) != 0) == has_advice);
  return ok();
}
