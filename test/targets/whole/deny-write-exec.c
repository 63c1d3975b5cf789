/* belay: argument writable unmapped */
/* Memory is executable again in a program that has forbidden itself to make memory executable. */
#include <sys/prctl.h>

#include "../maps.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static void forbid(void) {
  /* Before Linux 6.3 nothing can be forbidden, and all the rest is the same. */
  CHECK(prctl(PR_SET_MDWE, 1, 0, 0, 0) == 0 || errno == EINVAL);
}

int main(int argc, char **argv) {
  struct tjmp why;
  int is_unmapped = argc > 1 && strcmp(argv[1], "unmapped") == 0;
  unsigned char *code = (unsigned char *)anonymous(PAGE);
  code[0] = 0xc3; /* ret */
  CHECK(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
  if (is_unmapped) forbid();
  maps_save();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    if (is_unmapped) {
      CHECK(munmap(code, PAGE) == 0);
    } else {
      CHECK(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0);
      code[0] = 0;
      forbid();
    }
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  maps_verify();
  ((void (*)(void))code)();
  return ok();
}
