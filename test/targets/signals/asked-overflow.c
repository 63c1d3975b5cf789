/* SIGIO tells of what was asked for by another signal (F_SETSIG), too, where no more of those can
 * wait: what came so since the point, of something that had been asked for then, stays. */
#include "../target.h"
#include <sys/resource.h>

static int take_now(int signo) {
  struct timespec now = {0, 0};
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, signo);
  return sigtimedwait(&set, NULL, &now);
}

int main(void) {
  const struct rlimit none = {0, 0};
  struct tjmp why;
  int from[2], to[2];
  sigset_t set;
  char byte;
  sigemptyset(&set), sigaddset(&set, SIGIO), sigaddset(&set, SIGRTMIN);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && pipe(from) == 0 && pipe(to) == 0);
  if (fork() == 0) {
    close(to[1]), close(from[0]);
    while (read(to[0], &byte, 1) == 1) CHECK(write(from[1], "x", 1) == 1);
    _exit(0);
  }
  close(to[0]), close(from[1]);
  CHECK(setrlimit(RLIMIT_SIGPENDING, &none) == 0 && fcntl(from[0], F_SETOWN, getpid()) == 0);
  CHECK(fcntl(from[0], F_SETSIG, SIGRTMIN) == 0 && fcntl(from[0], F_SETFL, O_ASYNC) == 0);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(write(to[1], "x", 1) == 1);
    while (sigpending(&set) == 0 && !sigismember(&set, SIGIO)) sleep_ms(1);
    fall();
  }
  CHECK(take_now(SIGIO) == SIGIO && take_now(SIGRTMIN) == -1);
  CHECK(read(from[0], &byte, 1) == 1);
  return ok();
}
