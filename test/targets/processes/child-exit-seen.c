/* SIGCHLD and wait status of children reach the program as ever, stopped and continued ones too. */
#include "child.h"

static volatile int signals;
static void handler(int signo) { signals += signo == SIGCHLD; }

int main(void) {
  int status = 0;
  CHECK(tforget(point(NULL)) == 0);
  signal(SIGCHLD, handler);
  pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  CHECK(kill(child, SIGSTOP) == 0);
  while (waitpid(child, &status, WUNTRACED) < 0) CHECK(errno == EINTR);
  CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  CHECK(kill(child, SIGCONT) == 0);
  while (waitpid(child, &status, WCONTINUED) < 0) CHECK(errno == EINTR);
  CHECK(WIFCONTINUED(status));
  CHECK(kill(child, SIGTERM) == 0);
  while (waitpid(child, &status, 0) < 0) CHECK(errno == EINTR);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && signals >= 2);
  return ok();
}
