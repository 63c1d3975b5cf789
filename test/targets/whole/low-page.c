/* belay: log vm.mmap_min_addr */
/* A page where only the privileged may map one was unmapped, and the privilege dropped since: the
 * point is refused. */
#include "../target.h"

static void give_up(int signo) {
  (void)signo;
  _exit(ok());
}

int main(void) {
  struct tjmp why;
  char *volatile memory = NULL;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  CHECK(mmap(memory, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == memory);
  fill(memory, PAGE, 1);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("it came back");
  CHECK(munmap(memory, PAGE) == 0 && seteuid(65534) == 0);
  fall();
}
