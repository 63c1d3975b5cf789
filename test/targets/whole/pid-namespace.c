/* belay: log another pid namespace */
/* Children of the program will have a pid namespace of their own. A process of belay's would be
 * the first there, and its end that of the namespace: the point is refused, and fork(2) works. */
#include "../target.h"

static void give_up(int signo) {
  (void)signo;
  int status;
  pid_t child = fork();
  if (child == 0) _exit(7);
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  _exit(ok());
}

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGE, 1);
  void *memory = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("it came back");
  CHECK(munmap(memory, PAGE) == 0 && unshare(CLONE_NEWPID) == 0);
  fall();
}
