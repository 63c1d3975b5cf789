/* A pipe that a child reads from, too, is left to it, also where it is known long before nobody can
 * write there any more: what the child has read does not come back. */
#include "channels.h"
#include <sys/prctl.h>

static pid_t begin(void) {
  pid_t parent = getpid(), child = fork();
  CHECK(child >= 0);
  if (child > 0) return child;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(1);
  return 0;
}

static void await_word(void) {
  sigset_t set;
  int signo;
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  CHECK(sigwait(&set, &signo) == 0);
}

int main(void) {
  struct tjmp why;
  int ends[2], own[2], status;
  sigset_t set;
  char some[3];
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && pipe(own) == 0 && pipe(ends) == 0);
  pid_t writer = begin();
  if (writer == 0) {
    await_word();
    _exit(write(ends[1], "abcdef", 6) != 6);
  }
  close(ends[1]);
  pid_t reader = begin();
  if (reader == 0) {
    await_word();
    if (read(ends[0], some, sizeof some) == sizeof some) pause();
    _exit(1);
  }
  CHECK(tforget(point(NULL)) == 0);
  CHECK(kill(writer, SIGUSR1) == 0 && waitpid(writer, &status, 0) == writer && status == 0);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(waiting(ends[0]) == 6 && kill(reader, SIGUSR1) == 0);
    while (waiting(ends[0]) == 6) sleep_ms(1);
    fall();
  }
  int left = waiting(ends[0]);
  CHECK(kill(reader, SIGKILL) == 0 && waitpid(reader, &status, 0) == reader);
  CHECK(left == 3);
  return ok();
}
