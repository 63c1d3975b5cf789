/* belay: log PR_SET_MDWE; argument unmapped protected */
/* Memory that was written and executed at once does not come back to a program that has forbidden
 * itself to have such: the point is refused. */
#include <sys/prctl.h>

#include "../target.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static void give_up(int signo) {
  (void)signo;
  _exit(ok());
}

int main(int argc, char **argv) {
  struct tjmp why;
  int protection = PROT_READ | PROT_WRITE | PROT_EXEC;
  void *code = mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("it came back");
  if (argc > 1 && strcmp(argv[1], "unmapped") == 0) CHECK(munmap(code, PAGE) == 0);
  else CHECK(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
  CHECK(prctl(PR_SET_MDWE, 1, 0, 0, 0) == 0);
  fall();
}
