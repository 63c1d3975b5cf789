/* A program that becomes another while memory is copied has no child, and no word of one's end. */
#include "large.h"

int main(int argc, char **argv) {
  sigset_t set, waiting;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  if (argc == 1) {
    large_memory();
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    point(NULL);
    CHECK(had_image());
    execl(argv[0], argv[0], "again", (char *)NULL);
    fail("exec: errno %d", errno);
  }
  CHECK(find_image() == 0);
  CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
  sleep_ms(20);
  CHECK(sigpending(&waiting) == 0 && !sigismember(&waiting, SIGCHLD));
  return ok();
}
