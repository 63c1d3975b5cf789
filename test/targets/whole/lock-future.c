/* belay: log RLIMIT_MEMLOCK; argument memory break */
/* All memory that is mapped from now on is locked, and the limit leaves no room for what has to be
 * mapped again: the point is refused. */
#include <sys/resource.h>

#include "../target.h"

static void give_up(int signo) {
  (void)signo;
  _exit(ok());
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct rlimit low = {64 * 1024, 64 * 1024};
  int is_break = argc > 1 && strcmp(argv[1], "break") == 0;
  char *memory = is_break ? sbrk(MIB) : (char *)anonymous(MIB);
  fill(memory, PAGE, 1);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("it came back");
  if (is_break) CHECK(brk(memory) == 0);
  else CHECK(munmap(memory, MIB) == 0);
  CHECK(setrlimit(RLIMIT_MEMLOCK, &low) == 0 && mlockall(MCL_FUTURE) == 0);
  /* From now on limits bind, but belay sees the process as before. */
  if (geteuid() == 0) CHECK(seteuid(65534) == 0);
  fall();
}
